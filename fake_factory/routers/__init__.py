"""The factory's endpoints, one module a router; each gives its routes in the order in which they match."""
