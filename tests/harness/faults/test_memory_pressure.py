import pytest

from harness.errors import ScenarioError
from harness.faults import MemoryPressure
from harness.faults.fault import Begin, End, RestoreTasks
from harness.faults.troubles import MemoryCapped
from tests.harness.faults.moments import APPLIED, hurt
from tests.harness.faults.processes import exited


def test_memory_pressure_caps_a_task_and_lifts_the_cap() -> None:
    assert MemoryPressure(room_mib=2).apply() == (Begin(MemoryCapped(2 * 2**20)),)
    assert MemoryPressure(room_mib=2).heal() == (End(MemoryCapped(2 * 2**20)), RestoreTasks())


def test_memory_pressure_is_hit_by_a_task_that_dies_or_says_that_it_got_no_memory() -> None:
    assert MemoryPressure().hit_by(exited(-6), APPLIED) == "task-2 ended with code -6"
    assert MemoryPressure().hit_by(hurt(MemoryCapped.name), APPLIED) is not None
    assert MemoryPressure().hit_by(exited(-15, expected=True), APPLIED) is None
    assert MemoryPressure().hit_by(exited(1, component="factory"), APPLIED) is None


@pytest.mark.parametrize("room", [-1, 5000])
def test_memory_pressure_with_less_than_no_room_or_too_much_is_refused(room: int) -> None:
    with pytest.raises(ScenarioError, match=r"Allowed: 0 to 4096\."):
        MemoryPressure(room)
