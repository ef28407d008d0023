"""Services under test: the one room of the stacks that knows what is being sold."""
