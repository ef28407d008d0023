"""How the system under test runs: simulated, as processes, in containers, or attached to one that is up."""
