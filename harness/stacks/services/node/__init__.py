"""Any checkout of jwt-pizza-service, or of a fork, as the service under test: copied aside, and started on Node."""
