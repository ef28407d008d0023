"""One scenario for each family of faults: what it does to diners, which alert tells of it, and that it passes."""
