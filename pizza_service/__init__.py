"""A Python twin of the public jwt-pizza-service: same wire, same manners, same flaws, each flaw with a switch.

Run it alone with ``python -m pizza_service``; build it inside a program with ``pizza_service.app.create_app``.
Nothing here imports the harness or the factory twin.
"""
