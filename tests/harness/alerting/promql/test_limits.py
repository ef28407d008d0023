from datetime import timedelta

import pytest

from harness.alerting.promql import LimitExceeded, Limits, SeriesStore, compile  # noqa: A004


def test_evaluation_over_its_sample_limit_is_stopped() -> None:
    store = SeriesStore()
    for at in range(20):
        store.append({"__name__": "m"}, at, 1)
    expression = compile("sum_over_time(m[10s])", limits=Limits(max_samples=9))
    assert expression.at(store, 8)
    with pytest.raises(LimitExceeded, match="10 samples or more, 9 are allowed"):
        expression.at(store, 15)


def test_evaluation_over_its_step_limit_is_stopped_before_it_starts() -> None:
    expression = compile("count_over_time(vector(1)[365d:1ms])")
    with pytest.raises(LimitExceeded, match="31,536,000,000 steps or more, 100,000 are allowed"):
        expression.at(SeriesStore(), 0)


def test_evaluation_that_takes_too_much_processor_time_is_stopped() -> None:
    expression = compile("max_over_time(m[10s:1s])", limits=Limits(max_work=timedelta()))
    with pytest.raises(LimitExceeded, match="of processor time, 0 s are allowed"):
        expression.at(SeriesStore(), 15)


def test_evaluation_with_nested_subqueries_counts_all_their_steps() -> None:
    expression = compile("max_over_time(max_over_time(vector(1)[10s:1s])[10s:1s])", limits=Limits(max_steps=109))
    with pytest.raises(LimitExceeded, match="110 steps or more"):
        expression.at(SeriesStore(), 100)


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "-" * 5000 + "a", "a+" * 5000 + "a"])
def test_expression_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(LimitExceeded):
        compile(text)


def test_expression_nested_too_deeply_to_run_is_stopped() -> None:
    expression = compile("-" * 400 + "a")

    def at_depth(frames: int) -> object:
        return at_depth(frames - 1) if frames else expression.at(SeriesStore(), 0)

    assert at_depth(1) == []
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        at_depth(700)


def test_label_value_that_doubles_at_each_level_is_stopped() -> None:
    text = "vector(1)"
    text = f'label_replace({text}, "a", "xxxxxxxx", "", "")'
    for _ in range(30):
        text = f'label_replace({text}, "a", "$1$1", "a", "(.*)")'
    with pytest.raises(LimitExceeded, match="label a would get a value of 131,072 characters"):
        compile(text).at(SeriesStore(), 0)
