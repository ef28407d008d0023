import pytest

from harness.alerting.promql import Semantics
from harness.errors import ScenarioError
from tests.harness.alerting.promql.scripts import failures


@pytest.mark.parametrize(("named", "meant"), [("2", Semantics.V2), ("2.5", Semantics.V2_LATE), ("3", Semantics.V3)])
def test_release_is_named_as_people_name_it(named: str, meant: Semantics) -> None:
    assert Semantics.of(named) is meant


def test_release_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(ScenarioError, match=r"unknown Prometheus release '4'.*2\.5"):
        Semantics.of("4")


@pytest.mark.parametrize(
    ("semantics", "total", "smoothing"),
    [(Semantics.V2, 0, "holt_winters"), (Semantics.V2_LATE, 1, "holt_winters"),
     (Semantics.V3, 1, "double_exponential_smoothing")],
)  # fmt: skip
def test_late_2_reckons_as_3_and_calls_things_as_2(semantics: Semantics, total: int, smoothing: str) -> None:
    script = f"""
        load 10s
          m{{a="1"}} 1e100 1e100
          m{{a="2"}} 1 1
          m{{a="3"}} -1e100 -1e100

        eval instant at 10s sum(m)
          {{}} {total}

        eval instant at 10s count({smoothing}(m[1m], 0.5, 0.5))
          {{}} 3
    """
    assert not failures(script, semantics=semantics)
