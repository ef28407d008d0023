"""How much processor time the command line and pytest take before anything begins.

The peers are a Python that only imports typer, and a pytest that collects one empty test. Run it with
`python -m benchmarks.commands`.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.limits import Limits

ROOT = Path(__file__).parents[1]
RUNS = 7
HELP_LIMIT_SECONDS, COLLECTION_LIMIT_SECONDS = 0.15, 0.5

HELP = ("-m", "harness.cli", "--help")
TYPER = ("-c", "import typer; typer.Typer()")
COLLECTION = ("-m", "pytest", "scenarios", "--collect-only", "-q", "-p", "no:cacheprovider")
EMPTY_TEST = "def test_nothing():\n    pass\n"


def processor_seconds(words: tuple[str, ...], *, caches: Path) -> float:
    """Run Python, and give the processor time that it and its children took."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = _children()
    subprocess.run(
        [sys.executable, *words],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**environment, "PYTHONPYCACHEPREFIX": str(caches)},
    )
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(limits: Limits) -> None:
    """Measure all in turn, so that a busy moment of the machine is everybody's."""
    with tempfile.TemporaryDirectory() as directory:
        empty = Path(directory) / "test_nothing.py"
        (Path(directory) / "pytest.ini").write_text("[pytest]\n")
        empty.write_text(EMPTY_TEST)
        # With a root of its own: pytest looks at every folder between its root and what it collects.
        empty_collection = (*COLLECTION[:2], str(empty), "-c", f"{directory}/pytest.ini", *COLLECTION[3:])
        all_of_them: tuple[tuple[str, ...], ...] = (HELP, TYPER, COLLECTION, empty_collection)
        taken: dict[tuple[str, ...], list[float]] = {words: [] for words in all_of_them}
        for words in all_of_them:
            processor_seconds(words, caches=Path(directory) / "caches")  # compiled once, like after an installation
        for _ in range(RUNS):
            for words, seconds in taken.items():
                seconds.append(processor_seconds(words, caches=Path(directory) / "caches"))
    helped, typer, collected, nothing = (statistics.median(seconds) for seconds in taken.values())
    limits.at_most("pizza-chaos --help, processor s", helped, HELP_LIMIT_SECONDS)
    limits.beside("pizza-chaos --help, processor s", helped, "a Python that imports typer", typer)
    limits.at_most("collection of scenarios/, processor s", collected, COLLECTION_LIMIT_SECONDS)
    limits.beside("collection of scenarios/, processor s", collected, "pytest over an empty test", nothing)


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
