"""Known flaws of the public service: each scenario fails on the service as it is, and passes once it is mended.

Run one with its flaw switched off: `pizza-chaos run scenarios/flaws --fix all`.
"""
