"""Whatever hurts the site, verifying it from outside names the layer: one scenario for each family of faults."""
