"""The commands of `pizza-chaos` besides those that run scenarios: wiring only."""
