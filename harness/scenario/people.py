"""The people of a scenario: diners who come and go, and whoever is on call."""

from __future__ import annotations

from datetime import timedelta

from harness.checks.verification import NONE_FOUND
from harness.durations import duration
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import DiagnosisMade, RemedyPerformed
from harness.scenario.story import Scenario

VERIFIES_EVERY = timedelta(seconds=5)
"""How long somebody waits who verifies until something shows."""

_UNTIL = ("", "broken", "well")


class Diners:
    """Everyone who wants pizza."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def arrive(self, count: int) -> None:
        """Let `count` diners order pizza from now on, each at their own pace.

        Raises:
            ScenarioError: when that is no number of people.
        """
        if type(count) is not int:
            message = f"{count!r} is no number of diners. Write how many, such as diners.arrive(8)."
            raise ScenarioError(message)
        self._scenario.stack.diners(count)

    def leave(self) -> None:
        """Let everyone go home."""
        self._scenario.stack.diners(0)


class OnCall:
    """Whoever carries the pager.

    Args:
        scenario: the scenario they are in.
        name: who it is, for the timeline.
    """

    def __init__(self, scenario: Scenario, *, name: str = "Jaquelyn") -> None:
        self._scenario = scenario
        self.name = name

    def ignores(self, reason: str) -> None:
        """See every page from now on, and do nothing about it."""
        self._scenario.stack.ignore_pages(reason)

    def acknowledges(self) -> None:
        """Take every page that is open."""
        self._scenario.stack.acknowledge(self.name)

    def performs(self, remedy: str, note: str = "") -> str:
        """Do something about it, for real, and give what was done; whether it helps is another matter."""
        stack = self._scenario.stack
        self._scenario.notice()  # what the system got over before is not this remedy's doing
        did = stack.remedy(remedy, note)
        stack.record(RemedyPerformed(remedy=remedy, by=self.name, did=did))
        self._scenario.settle(f"remedy: {remedy}")
        return did

    def diagnoses(self) -> None:
        """Look from the outside in, and write down which layer is broken."""
        layer, finding, evidence = self._scenario.stack.diagnose()
        self._scenario.stack.record(DiagnosisMade(by=self.name, layer=layer, finding=finding, evidence=evidence))

    def verifies(self, *, until: str = "", within: str = "3m") -> None:
        """Verify the site from outside as `pizza-chaos verify` does, to the pizza, and write down the layer it names.

        Args:
            until: verify again until the site is found `broken` (a latent fault counts), or `well`; once without it.
            within: how long to go on with that.

        Raises:
            ScenarioError: when `until` says something else.
        """
        if until not in _UNTIL:
            raise ScenarioError(unknown_name("state of a site", until, known=_UNTIL))
        stack = self._scenario.stack
        ends = stack.clock.now() + duration(within)
        while (outside := stack.outside()) is not None:
            from harness.verify.standing import diagnosis, verify_outside  # noqa: PLC0415 - slow to import

            made = diagnosis(verify_outside(outside), by=self.name)
            stack.record(made)
            found = "well" if made.layer == NONE_FOUND else "broken"
            if until in ("", found) or stack.clock.now() >= ends:
                return
            stack.live(VERIFIES_EVERY)

    def buys_a_pizza(self) -> None:
        """Try a purchase by hand, with the developer tools open."""
        self._scenario.stack.buy_a_pizza(self.name)

    def follows_the_report_url(self) -> None:
        """Open the reportUrl that one's own failed purchase got in reply.

        Raises:
            HarnessError: when no reply to this person has carried one.
        """
        stack = self._scenario.stack
        url = self._scenario.report_urls.get(self.name)
        if url is None:
            message = f"{self.name} has seen no reportUrl, so there is none to follow. Let them buy a pizza first."
            raise HarnessError(message)
        self._scenario.notice()
        answer = stack.follow(url)
        stack.record(RemedyPerformed(remedy="follow reportUrl", by=self.name, did=f"opened {url}: {answer}"))
        self._scenario.settle("remedy: follow reportUrl")
