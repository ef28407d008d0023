"""Whether a deployment stands and a factory keeps its contract: looked at from outside, step by step."""
