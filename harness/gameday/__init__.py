"""Game day: a system under real load, a facilitator who hurts it, and responders who do not know how."""
