import time

from pizza_service.machine import Machine, OwnProcess


def test_own_process_that_works_uses_its_cpu_and_some_memory() -> None:
    machine: Machine = OwnProcess()
    until = time.process_time() + 0.02
    while time.process_time() < until:
        pass
    load = machine.load()
    assert load.cpu_percent > 0
    assert 0 < load.memory_percent < 100
