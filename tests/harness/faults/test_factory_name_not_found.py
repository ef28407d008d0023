from harness.faults import FactoryNameNotFound
from harness.faults.fault import Begin, End, ReplaceTasks
from harness.faults.troubles import FactoryNameUnknown
from tests.harness.faults.moments import APPLIED, order


def test_factory_name_not_found_replaces_the_tasks_when_it_begins_and_when_it_ends() -> None:
    assert FactoryNameNotFound().apply() == (Begin(FactoryNameUnknown()), ReplaceTasks())
    assert FactoryNameNotFound().heal() == (End(FactoryNameUnknown()), ReplaceTasks())


def test_factory_name_not_found_is_hit_by_an_order_that_reached_nobody() -> None:
    assert FactoryNameNotFound().hit_by(order(error="500: fetch failed"), APPLIED) == "Ada's order: 500: fetch failed"
    assert FactoryNameNotFound().hit_by(order(error="500: fetch failed", after=-1), APPLIED) is None
    assert FactoryNameNotFound().hit_by(order(error="500: terminated"), APPLIED) is None
