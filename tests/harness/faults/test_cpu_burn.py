import pytest

from harness.errors import ScenarioError
from harness.faults import CpuBurn
from harness.faults.fault import Begin, End
from harness.faults.troubles import ProcessorTaken
from tests.harness.faults.moments import APPLIED, hurt


def test_cpu_burn_takes_the_processor_and_gives_it_back() -> None:
    assert CpuBurn(rivals=2).apply() == (Begin(ProcessorTaken(2)),)
    assert CpuBurn(rivals=2).heal() == (End(ProcessorTaken(2)),)


def test_cpu_burn_is_hit_by_processor_time_that_rivals_had() -> None:
    assert CpuBurn().hit_by(hurt(ProcessorTaken.name), APPLIED) is not None
    assert CpuBurn().hit_by(hurt("task/paused"), APPLIED) is None


@pytest.mark.parametrize("rivals", [0, 17])
def test_cpu_burn_with_too_few_or_too_many_rivals_is_refused(rivals: int) -> None:
    with pytest.raises(ScenarioError, match=r"Allowed: 1 to 16\."):
        CpuBurn(rivals)
