import gc

from harness.stacks.simulated.garbage import SELDOM, Garbage


def test_garbage_is_looked_for_seldom_until_the_last_has_enough_of_it() -> None:
    usual, garbage = gc.get_threshold(), Garbage()
    frozen = gc.get_freeze_count()
    for _ in range(2):
        garbage.seldom()
    assert gc.get_threshold() == (SELDOM, *usual[1:])
    assert gc.get_freeze_count() > frozen
    garbage.as_usual()
    assert gc.get_threshold()[0] == SELDOM
    garbage.as_usual()
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
