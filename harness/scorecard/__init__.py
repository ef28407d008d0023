"""How good alert rules are: every fault of the catalogue played once, and every rule judged over all of it."""
