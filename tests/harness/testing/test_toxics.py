"""The conformance check has to see each promise broken; here are toxics that break them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import ClassVar

import pytest

from harness.faults.toxics.toxic import Commands, Drop, Keep, Moment, Pass, Send, Toxic
from harness.links.commands import EndWriting, Write
from harness.testing.toxics import check_toxic, play


@dataclass(frozen=True, slots=True)
class Bad(Toxic):
    """A toxic that says what it does, at least."""

    type: ClassVar[str] = "bad"

    @property
    def sees(self) -> str:
        return "something bad"


class Unsaid(Bad):
    @property
    def sees(self) -> str:
        return ""


class Thief(Bad):
    def on_data(self, moment: Moment) -> Commands:
        return (Drop(1), Pass())


class Moody(Bad):
    drops_data: ClassVar[bool] = True

    def on_data(self, moment: Moment) -> Commands:
        return (SystemRandom().choice((Drop(), Pass(), Pass(1))),)


class Deaf(Bad):
    drops_data: ClassVar[bool] = True

    def on_end(self, moment: Moment) -> Commands:
        return (Drop(),)


class Boaster(Bad):
    def on_data(self, moment: Moment) -> Commands:
        return (Keep(), Send(bytes(moment.data)))


class Slowcoach(Bad):
    def on_data(self, moment: Moment) -> Commands:
        return (Pass(1, at=moment.since + 1e-9),)


@pytest.mark.parametrize(
    ("toxic", "complaint"),
    [
        (Unsaid(), "does not say what a user will see"),
        (Thief(), "lost or changed data"),
        (Moody(), "something else with the same seed"),
        (Deaf(), "never ends"),
        (Boaster(), "alters no byte and no instant"),
        pytest.param(Slowcoach(), "never comes to an end", marks=pytest.mark.slow),
    ],
)
def test_check_toxic_of_a_broken_promise_names_it(toxic: Toxic, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_toxic(toxic)


def test_play_without_toxics_tells_what_went_in() -> None:
    assert play([], [(1.0, b"a"), (2.0, b"")]).commands == [(1.0, Write(b"a")), (2.0, EndWriting())]
