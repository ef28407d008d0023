from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.stacks.simulated.model import Model


def test_model_without_a_tail_takes_the_same_time_each_time() -> None:
    model = Model(tail=0)
    assert {model.draw_seconds(timedelta(milliseconds=5), Random(n)) for n in range(9)} == {0.005}


@pytest.mark.parametrize(
    "name", ["statement", "factory", "factory_start", "balancer_start", "task_start", "crash", "check_patience"]
)
def test_model_of_a_negative_duration_is_refused_by_name(name: str) -> None:
    changed: dict[str, Any] = {name: timedelta(milliseconds=-1)}
    with pytest.raises(ScenarioError, match=f"the model's {name} is -1 ms"):
        replace(Model(), **changed)


def test_model_of_a_negative_tail_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"tail is -0\.5"):
        Model(tail=-0.5)
