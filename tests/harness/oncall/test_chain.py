from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.oncall.chain import Chain, Notify, Repeat, Step, Wait, course_chain

PATIENCE = Wait(timedelta(minutes=5))


def test_course_chain_pages_whoever_is_on_call_twice_and_then_the_team() -> None:
    chain = course_chain("Jaquelyn")
    assert chain.steps == (
        Notify("Jaquelyn", "default"),
        PATIENCE,
        Notify("Jaquelyn", "important"),
        PATIENCE,
        Notify("the whole team", "default"),
    )
    assert chain.responders == ("Jaquelyn", "the whole team")


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((), "pages nobody"),
        ((PATIENCE,), "pages nobody"),
        ((Notify("J"), Wait(timedelta())), "step 2 .* waits 0 ms. Wait longer than nothing"),
        ((Notify("J"), Repeat(6)), "step 2 .* repeats 6 times. Repeat 1 to 5 times, as the last step"),
        ((Notify("J"), Repeat(0)), "repeats 0 times"),
        ((Repeat(2), Notify("J")), "step 1 .* repeats 2 times.*as the last step"),
    ],
)
def test_chain_that_could_not_work_is_refused(steps: tuple[Step, ...], complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        Chain(steps)
