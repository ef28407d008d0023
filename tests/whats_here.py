"""Writes docs/whats-here.md anew: one sentence a module, the first of its docstring, in reading order.

Run it with `python -m tests.whats_here` after adding or renaming a module.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house import ROOT, tracked

ROOMS = (
    ("The core", "harness", ("errors", "durations", "moments", "clock", "pace", "history", "settings")),
    ("What can happen", "harness/events", ()),
    ("What hurts", "harness/faults", ()),
    ("The data plane", "harness/links", ()),
    ("DNS, load balancers and the deployment behind them", "harness/ingress", ()),
    ("The deployment in the shape of AWS", "harness/aws", ()),
    ("What services push", "harness/telemetry", ()),
    ("PromQL and the series store", "harness/alerting/promql", ()),
    ("Alert rules and notifications", "harness/alerting", ()),
    ("The people on call", "harness/oncall", ()),
    ("Diners", "harness/load", ()),
    ("The words of a scenario", "harness/scenario", ()),
    ("Where the system under test runs", "harness/stacks", ()),
    ("Expectations, proofs and metrics", "harness/checks", ()),
    ("Evidence that people can read", "harness/report", ()),
    ("Whether a deployment stands, and a factory keeps its contract", "harness/verify", ()),
    ("How good alert rules are", "harness/scorecard", ()),
    ("For your own tests", "harness/testing", ()),
    ("Wiring", "harness", ("progress", "run", "kept", "pytest_plugin", "cli")),
    ("The factory twin", "fake_factory", ()),
    ("The service twin", "pizza_service", ()),
    ("Scenarios", "scenarios", ()),
)


def sentence(path: Path) -> str:
    """Give the first sentence of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    first = docstring.split("\n\n", 1)[0].replace("\n", " ")
    return first.split(". ", 1)[0].rstrip(".:") + "."


def page() -> str:
    """Write the page."""
    left = {path for path in tracked("*.py") if path.read_text().strip()}
    lines = [
        "# What's here",
        "",
        "One sentence a module, in reading order. `python -m tests.whats_here` writes this page.",
    ]
    for title, folder, names in ROOMS:
        wanted = [ROOT / folder / f"{name}.py" for name in names]
        room = [path for path in wanted if path in left] if names else _below(ROOT / folder, left)
        left -= set(room)
        if room:
            lines += ["", f"## {title}", ""]
            lines += [f"- `{path.relative_to(ROOT)}`: {sentence(path)}" for path in room]
    rest = sorted(path for path in left if path.relative_to(ROOT).parts[0] == "harness")
    if rest:
        lines += ["", "## And", "", *(f"- `{path.relative_to(ROOT)}`: {sentence(path)}" for path in rest)]
    return "\n".join(lines) + "\n"


def _below(folder: Path, left: set[Path]) -> list[Path]:
    return sorted(
        (path for path in left if folder in path.parents),
        key=lambda path: (len(path.parts), path.name != "__init__.py", str(path)),
    )


if __name__ == "__main__":
    (ROOT / "docs" / "whats-here.md").write_text(page())
