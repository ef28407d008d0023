import re

from harness.checks import judge
from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, PageSent, RunFinished, RunStarted
from harness.history import History
from harness.report.incident import for_the_course, incident_report
from tests.harness.checks.stories import changed, evening, is_a, night, plus, request, t, told, until, without
from tests.harness.checks.test_stories import expectations

NINE = [
    "Summary",
    "Detection",
    "Impact",
    "Timeline",
    "Response",
    "Root cause",
    "Resolution",
    "Prevention",
    "Action items",
]


def report(history: History) -> str:
    return incident_report(history, judge(history, expectations()))


def section(text: str, name: str) -> str:
    return text.split(f"## {name}\n")[1].split("\n## ", maxsplit=1)[0]


def test_report_has_the_incident_reports_title_and_nine_sections() -> None:
    lines = report(night()).splitlines()
    assert lines[0] == "# Incident: 2024-12-01 05-24-00"
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == NINE


def test_report_leaves_no_section_empty_and_no_blank_lines_in_heaps() -> None:
    for history in (night(), told(evening()), until(night(), "05:30")):
        text = report(history)
        assert all(section(text, name).strip() for name in NINE)
        assert "\n\n\n" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_report_counts_impact_phase_by_phase() -> None:
    first, second = section(report(night()), "Impact").strip().split("\n\n")
    assert "For 7 h 46 min, from 05:24 to 13:10, nobody could do anything on the site." in first
    assert "6 diners, 266 failed operations" in first
    assert "“500: failed to fetch”" in first
    assert "For 13 min 50 s, from 13:10 to 13:24, everything worked but orders" in second
    assert "“500: Failed to fulfill order at factory”" in second


def test_report_counts_failures_outside_of_outages_too() -> None:
    impact = section(report(plus(night(), request("22:05:01", error="500: boom"))), "Impact")
    assert "Outside of these, 1 diner, 1 failed operation (log in 1)." in impact


def test_report_tells_times_in_the_scenarios_zone_and_dates_where_they_change() -> None:
    timeline = section(report(night()), "Timeline")
    assert timeline.startswith("\nAll times are MST.\n\n- _2024-11-30 22:03_ - Developers: push")
    assert timeline.count("_2024-12-01 ") == 1
    assert "claims nothing about them: 22:09:00 to 05:21:30" in timeline


def test_report_says_how_each_fault_was_noticed() -> None:
    ingress, factory = section(report(night()), "Detection").strip().split("\n\n")
    assert "first paged at 05:26:40, 2 min 38 s into it. That page was taken 4 h 33 min after" in ingress
    assert "52 s into it, which had begun 5 h 10 min before, unfelt" in factory


def test_report_says_when_nobody_noticed() -> None:
    text = report(without(night(), is_a(PageSent)))
    assert "Nobody was paged about it while it lasted." in section(text, "Detection")


def test_report_says_who_or_what_ended_each_fault() -> None:
    healed = changed(night(), is_a(FaultRemoved, fault="factory_fail"), by="heal")
    passed = changed(night(), is_a(FaultRemoved, fault="factory_fail"), by="itself")
    never = without(night(), is_a(FaultRemoved, fault="factory_fail"))
    assert "`balancer_missing` ended at 13:10 with “update DNS”" in section(report(night()), "Resolution")
    assert "Nobody resolved `factory_fail`: the harness healed it at 13:24" in section(report(healed), "Resolution")
    assert "`factory_fail` was over by itself at 13:24, and what it had broken" in section(report(passed), "Resolution")
    assert "`factory_fail` was never resolved." in section(report(never), "Resolution")


def test_report_lists_failed_checks_and_missing_proofs_first_of_what_to_do() -> None:
    broken = without(plus(night(), request("13:05:01")), is_a(RunFinished))
    actions = [line for line in section(report(broken), "Action items").splitlines() if re.match(r"\d+\. ", line)]
    assert actions[0].startswith("1. Find out why this did not hold: nothing succeeds from 05:24 to 13:10.")
    assert any("Run again so that it is shown that the run is whole" in action for action in actions)
    assert actions[-1].endswith("say in the runbook to follow it first.")


def test_report_of_a_quiet_run_claims_no_incident() -> None:
    def of_a_fault(event: Event) -> bool:
        return is_a(FaultApplied, FaultHit, FaultRemoved)(event)

    quiet = told(evening())
    assert not any(of_a_fault(event) for event in quiet)
    text = report(quiet)
    assert quiet.first(RunStarted) is not None
    assert "Nobody was affected: no request failed." in section(text, "Impact")
    assert "No alert went off, and nobody was paged." in section(text, "Detection")
    assert t("21:59").strftime("%Y-%m-%d %H-%M-%S") in text.splitlines()[0]


def test_report_never_tells_the_vendors_key() -> None:
    assert "vendor-key" not in report(night())


def test_incident_report_for_the_course_has_its_headings() -> None:
    report = "# Incident: x\n\n## Summary\n\n## Root cause\n\nIt broke.\n\n## Prevention\n\n## Action items\n"
    found = [line for line in for_the_course(report).splitlines() if line.startswith("#")]
    assert found == ["# Incident: x", "## Summary", "# Root cause", "# Prevention", "# Action items"]
