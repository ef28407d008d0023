"""The `simulated` stack: the same application code in one process, on virtual time, repeatable from a seed."""
