"""Compares the twins with the real programs: ``python -m tests.twins --service PATH --factory PATH``.

Both are held the same conversation; every answer in which they differ is named, with the status 1. With ``--record``,
what the real program says is written down first: that is what the tests hold the twins to.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.twins import factory, service
from tests.twins.conversation import Heard, Partner, Step, differences, play, record
from tests.twins.programs import Stage, factory_as_it_is, real_factory, real_service, service_twin

HERE = Path(__file__).parent
SAID_BY_SERVICE, SAID_BY_FACTORY = HERE / "service.jsonl", HERE / "factory.jsonl"


def main(arguments: Sequence[str]) -> int:
    """Compare what is at hand; give the number of programs that differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.twins", description=__doc__.partition("\n")[0])
    parser.add_argument("--service", type=Path, help="a checkout of jwt-pizza-service")
    parser.add_argument("--factory", type=Path, help="a checkout of jwt-pizza-factory")
    parser.add_argument("--record", action="store_true", help="write down what the real programs say")
    given = parser.parse_args(arguments)
    if not (given.service or given.factory):
        parser.error("give --service PATH, --factory PATH or both")
    differing = 0
    if given.service:
        heard = Real(
            service.STEPS_ON_A_SERVER,
            lambda stage: real_service(stage, given.service),
            file=SAID_BY_SERVICE if given.record else None,
        )
        differing += heard.differs_from("the service twin on SQLite", service_twin, asked=len(service.STEPS))
        differing += heard.differs_from(
            "the service twin on MariaDB", lambda stage: service_twin(stage, on_mariadb=True)
        )
    if given.factory:
        heard = Real(
            factory.STEPS,
            lambda stage: real_factory(stage, given.factory),
            file=SAID_BY_FACTORY if given.record else None,
        )
        differing += heard.differs_from("the factory twin", factory_as_it_is)
    return differing


class Real:
    """What a real program says."""

    def __init__(self, steps: Sequence[Step], start: Callable[[Stage], Partner], *, file: Path | None) -> None:
        self._steps = steps
        self._heard = _play(steps, start)
        if file:
            record(file, self._heard)

    def differs_from(self, name: str, start: Callable[[Stage], Partner], *, asked: int | None = None) -> bool:
        """Print every answer in which a twin differs, of as many as it is `asked`."""
        known = self._heard[:asked]
        found = differences(known, _play(self._steps[:asked], start))
        print(f"{name}: {len(known)} answers, {len(found) or 'no'} differences", *found, sep="\n  ")
        return bool(found)


def _play(steps: Sequence[Step], start: Callable[[Stage], Partner]) -> list[Heard]:
    with tempfile.TemporaryDirectory() as directory, Stage(Path(directory)) as stage:
        return play(steps, start(stage))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
