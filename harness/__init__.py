"""Relive an outage of a web service, and learn whether its alerts, its people and its recovery would cope."""
