"""Writes docs/reference/faults.md anew, from what the faults of the catalogue say of themselves.

Run it with `python -m tests.fault_reference` after adding or changing a fault. What stands on the page about a fault
is its docstring, its parameters and its `sees`; to say more, say it there.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from harness.faults import CATALOGUE
from harness.faults.description import Described, described_toxics, seen_by_choice, settings_of, variants
from harness.faults.fault import Fault
from harness.faults.parameters import Parameter
from harness.faults.toxics.http_toxic import HttpToxic
from tests.house import ROOT

PAGE = ROOT / "docs" / "reference" / "faults.md"
WIDTH = 118

HEAD = """\
# Faults

`pizza-chaos faults` prints this catalogue, `pizza-chaos faults NAME` all about one, and `--json` either for programs;
`python -m tests.fault_reference` writes this page. A fault is used in a scenario as `with scenario.fault(...)`: it is
applied at the start of the block and healed at its end, however the block ends. A fault that hit nothing makes the
verdict `unknown`.
"""

TOXICS = """\
## Toxics

What `OnLink` puts on a link, and what the [control API](links.md#toxics) takes; `pizza-chaos faults latency` tells
all about one. A scenario writes a time as `"2s"`, the API as a bare number in its unit. What is out of range is
refused in a scenario; by the API, too, unless the toxic is Toxiproxy's own: of those it takes any number, as
Toxiproxy does. Two of one type stand on a link together when they differ in their stream or, of an HTTP toxic, in
`method`, `path` or `header`, in the header that is set or in the member that is changed.
"""

TAIL = """\
## Write a fault

A fault is one small file in `harness/faults/` that returns commands (`harness/faults/fault.py` lists them) and never
sleeps, opens or closes anything; the stack carries the commands out. It says what a user will see, what evidence proves
that it hit something, and how one can tell that it is gone. Most are a `StandingFault`: they name what is wrong, and
that is all. Begin its docstring with what it does, end it with `Evidence:`, and give each parameter a meaning and a
range (`harness/faults/parameters.py`). Add it to `CATALOGUE` in `harness/faults/__init__.py`, add its test, and write
this page anew: a test fails on a page that is out of date. `check_fault` (`harness/testing/faults.py`) finds out
whether it keeps every promise.
"""


def page() -> str:
    """Write the page."""
    return "\n".join([HEAD, *(_section(kind) for kind in CATALOGUE), TOXICS, *_toxics(), TAIL])


def _section(kind: type[Fault]) -> str:
    names = variants(kind)
    one = names[0]
    lines = [f"## {', '.join(each.name for each in names)}", ""]
    written = one.written if len(names) == 1 else f"{kind.__name__}({one.parameters[0].name})"
    lines += [*_wrapped(f"`{written}`, target *{one.target}*. {one.about[0]}"), ""]
    lines += [line for paragraph in one.about[1:] for line in (*_wrapped(paragraph), "")]
    lines += [*_parameters(one.parameters), *_choices(kind, one)]
    lines += list(_facts(one, does_vary=bool(seen_by_choice(kind))))
    return "\n".join([*lines, ""])


def _toxics() -> Iterator[str]:
    yield from ("| toxic | in a scenario | what it does | a user sees |", "|---|---|---|---|")
    every = described_toxics()
    yield from (f"| `{one.name}` | `{one.written}` | {one.about[0]} | {one.sees} |" for one in every)
    yield from ("", "| toxic | setting | in the API | meaning | allowed | default |", "|---|---|---|---|---|---|")
    common = settings_of(HttpToxic)
    for one in every:
        yield from (_setting(f"`{one.name}`", each) for each in one.parameters if each not in common)
    yield from (_setting("each `http_…`", each) for each in common)
    yield ""


def _setting(toxic: str, one: Parameter) -> str:
    in_the_api = f"`{one.attribute}`{one.unit and f', {one.unit}'}"
    return f"| {toxic} | `{one.name}` | {in_the_api} | {one.meaning} | {one.range} | `{one.default}` |"


def _parameters(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    if parameters:
        yield from ("| parameter | meaning | allowed | default |", "|---|---|---|---|")
        yield from (f"| `{each.name}` | {each.meaning} | {each.range} | `{each.default}` |" for each in parameters)
        yield ""


def _choices(kind: type[Fault], one: Described) -> Iterator[str]:
    seen = seen_by_choice(kind)
    if seen:
        yield from (f"| `{one.parameters[0].name}` | a user sees |", "|---|---|")
        yield from (f"| `{choice}` | {sees} |" for choice, sees in seen.items())
        yield ""


def _facts(one: Described, *, does_vary: bool) -> Iterator[str]:
    facts = [] if does_vary else [("A user sees", one.sees)]
    facts += [("Evidence of a hit", one.evidence), ("Healing", one.cleanup), ("Source", one.source)]
    for label, words in facts:
        if words:
            yield from _wrapped(f"- **{label}**: {words.rstrip('.')}.", indent="  ")


def _wrapped(text: str, *, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page())
