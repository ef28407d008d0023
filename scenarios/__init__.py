"""Scenarios: the incident, what would have prevented it, the fault catalogue, game days."""
