"""The words a scenario is written in: time and faults, the shop, the diners, and the people on call."""

from __future__ import annotations

from harness.scenario.people import Diners, OnCall
from harness.scenario.shop import Shop
from harness.scenario.story import Expectation, Scenario

__all__ = ["Diners", "Expectation", "OnCall", "Scenario", "Shop"]
