"""The factory twin: a pizza factory that runs alone, signs real pizzas and breaks on demand.

`python -m fake_factory` starts it; `fake_factory.app.create_app` builds the same application for tests and simulations.
"""
