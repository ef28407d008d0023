"""What came of a night, for the page of a CI job: a table of scenarios, and text for an issue for each that failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.durations import spoken
from harness.errors import HarnessError
from harness.report.sentences import shortened
from harness.report.shelf import indexed, no_verdict, verdict_of
from harness.report.trend import grouped, latest_regressions
from harness.report.verdict import summary

_TIMES = ("mttd_seconds", "mtta_seconds", "mttr_seconds", "outage_seconds")


def night_summary(path: Path) -> str:
    """Sum up a run, or the newest run of each scenario of a directory that keeps runs, in Markdown.

    Raises:
        HarnessError: when there is nothing to sum up.
    """
    return "\n".join(_lines(*_newest(path))) + "\n"


def as_text(path: Path) -> str:
    """Sum up the same as a terminal shows it.

    Raises:
        HarnessError: when there is nothing to sum up.
    """
    verdicts, worse = _newest(path)
    return "\n".join([*map(summary, verdicts), *(f"worse than usual: {line}" for line in worse)]) + "\n"


def _newest(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    if (path / "verdict.json").is_file():
        return [verdict_of(path)], []
    runs = indexed(path)
    if not runs:
        raise HarnessError(no_verdict(path))
    verdicts = [verdict_of(path / together[-1].directory) for together in grouped(runs).values()]
    return verdicts, [str(one) for one in latest_regressions(runs)]


def _lines(verdicts: Sequence[Mapping[str, Any]], worse: Sequence[str]) -> Iterator[str]:
    said = [verdict["verdict"] for verdict in verdicts]
    counted = ", ".join(f"{said.count(word)} {word}" for word in ("passed", "failed", "unknown") if word in said)
    yield f"## Scenarios: {counted}"
    yield ""
    yield "| verdict | scenario | stack | MTTD | MTTA | MTTR | outage | why |"
    yield "|---|---|---|---|---|---|---|---|"
    for verdict in verdicts:
        times = " | ".join(_time(verdict["metrics"].get(name)) for name in _TIMES)
        name, why = _cell(_name(verdict)), _cell(verdict["why"])
        yield f"| **{verdict['verdict']}** | {name} | {_cell(verdict.get('stack', ''))} | {times} | {why} |"
    if worse:
        yield from ("", "### Worse than usual", "", *(f"- {_cell(line)}" for line in worse))
    for verdict in verdicts:
        if verdict["verdict"] != "passed":
            yield from _issue(verdict)


def _issue(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Write what an issue about it would say."""
    yield from ("", f"### {verdict['verdict']}: {_name(verdict)}", "", _cell(verdict["why"]) + ".", "")
    for check in verdict["checks"]:
        if check["verdict"] != "passed":
            yield f"- {check['verdict']}: {_cell(check['name'])}: {_cell(check['detail'])}"
    for proof in verdict.get("proofs", ()):
        if not proof["held"]:
            yield f"- not shown that {_cell(proof['name'])}: {_cell(proof['detail'])}"
    yield from ("", "Run it again:", "", "```", verdict.get("rerun", ""), "```")


def _name(verdict: Mapping[str, Any]) -> str:
    return str(verdict["scenario"]).rsplit("::", 1)[-1]


def _time(seconds: float | None) -> str:
    return "none" if not seconds else spoken(seconds)


def _cell(text: object) -> str:
    """Say it on one line that no table and no tag is broken by."""
    line = " ".join(shortened(str(text)).split())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
