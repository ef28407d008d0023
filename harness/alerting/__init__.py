"""Alerting as a team has it: rules over pushed series, alert states with their reasons, notifications."""
