"""The fault catalogue: one small file a fault, listed here and nowhere else."""

from __future__ import annotations

from harness.faults.balancer_missing import BalancerMissing
from harness.faults.factory_chaos import FactoryChaos
from harness.faults.fault import Fault
from harness.faults.noop import Noop

CATALOGUE: tuple[type[Fault], ...] = (BalancerMissing, FactoryChaos, Noop)
"""Every fault there is, in the order of the reference page."""

__all__ = ["CATALOGUE", "BalancerMissing", "FactoryChaos", "Fault", "Noop"]
