"""Pages that benchmarks write: what lies between two marks is theirs, and the rest is people's."""

from __future__ import annotations

from collections.abc import Iterable


def between_marks(page: str, lines: Iterable[str], *, by: str) -> str:
    """Give the page with these lines between its marks.

    Args:
        page: as it is.
        lines: of Markdown.
        by: the module that writes them, which the marks name.
    """
    begins, ends = (f"<!-- python -m {by} --write: {word} -->\n" for word in ("begins", "ends"))
    before, _, rest = page.partition(begins)
    measured = "\n".join(lines).strip()
    return f"{before}{begins}\n{measured}\n\n{ends}{rest.partition(ends)[2]}"
