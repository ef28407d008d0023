from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import OnLink
from harness.faults.parameters import check, lasting, one_of, parameters_of

SHORT, LONG = timedelta(seconds=1), timedelta(minutes=10)


@dataclass(frozen=True)
class Slow:
    by: str = field(default="5s", metadata=lasting("how late", SHORT, LONG))
    where: str = field(default="here", metadata=one_of("at which place", "here", "there"))
    note: str = "not a parameter"


def test_parameters_are_listed_with_meaning_range_and_default() -> None:
    by, where = parameters_of(Slow)
    assert (by.name, by.meaning, by.range, by.default) == ("by", "how late", "1 s to 10 min", '"5s"')
    assert (where.range, where.default) == ("`here`, `there`", '"here"')
    assert (by.choices, where.choices) == ((), ("here", "there"))


@pytest.mark.parametrize("by", ["1s", "10m"])
def test_duration_at_an_end_of_its_range_is_allowed(by: str) -> None:
    check(Slow(by))


@pytest.mark.parametrize("by", ["999ms", "601s", "five minutes"])
def test_duration_out_of_its_range_is_refused_with_what_is_allowed(by: str) -> None:
    with pytest.raises(ScenarioError, match=r"Slow: by is '.*'; .* Allowed: 1 s to 10 min\."):
        check(Slow(by))


def test_choice_that_resembles_none_is_refused_with_all_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"it is none of these\. Allowed: `here`, `there`"):
        check(Slow(where="nowhere in particular"))


def test_default_that_is_a_toxic_is_written_by_what_of_it_is_not_as_always() -> None:
    toxic = next(each for each in parameters_of(OnLink) if each.name == "toxic")
    assert toxic.default == "Latency(latency=timedelta(seconds=2))"
