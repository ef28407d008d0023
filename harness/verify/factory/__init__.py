"""The contract of a pizza factory, case by case: each a conversation that any factory must be able to hold."""
