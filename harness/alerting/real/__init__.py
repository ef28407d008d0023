"""The machine's own Prometheus and Alertmanager as the judges of a run, in place of the embedded engine.

They know no time but the wall's, so a run that they judge has speed 1; steady seconds become wall seconds by adding a
constant. What was pushed is written to Prometheus, and what it says of its rules is read back as transitions.
"""
