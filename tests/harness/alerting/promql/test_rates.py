import pytest

from harness.alerting.promql import Labels, Sample, Semantics, SeriesStore, compile  # noqa: A004
from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      steady 0+10x60
      reset 0 10 20 5 15 0 10
      gauge 10 20 5 Inf 0
      single _ _ 7
      flat 3x10

"""


def test_rate_of_a_steady_counter_is_its_slope() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 10m rate(steady[5m])
      {} 1

    eval instant at 10m increase(steady[5m])
      {} 300

    eval instant at 10m delta(steady[5m])
      {} 300

    eval instant at 10m irate(steady[5m])
      {} 1

    eval instant at 10m idelta(steady[5m])
      {} 10

    eval instant at 10m deriv(steady[5m])
      {} 1

    eval instant at 10m predict_linear(steady[5m], 60)
      {} 660

    eval instant at 10m predict_linear(steady[5m] offset 1m, 60)
      {} 660
    """
    )


def test_rate_of_a_counter_that_ended_early_goes_on_for_half_a_step() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 12m increase(steady[5m])
      {} 185
    """
    )


def test_rate_of_a_counter_that_was_reset_adds_back_what_was_lost() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 60s increase(reset[61s])
      {} 45

    eval instant at 30s irate(reset[61s])
      {} 0.5

    eval instant at 60s resets(reset[61s])
      {} 2

    eval instant at 60s resets(reset[30s])
      {} 1

    eval instant at 60s changes(reset[61s])
      {} 6
    """
    )


def test_rate_after_an_infinite_sample_left_the_window_is_a_number_again() -> None:
    store = SeriesStore()
    for at, value in enumerate((1.0, float("inf"), 0.0, 1.0, 2.0)):
        store.append({"__name__": "m"}, at * 10, value)
    assert compile("increase(m[25s])").at(store, 40) == [Sample(Labels(), 2.0)]


@pytest.mark.parametrize("name", ["rate", "increase", "delta", "irate", "idelta", "deriv"])
def test_rate_of_one_sample_gives_nothing(name: str) -> None:
    assert not failures(LOAD + f"eval instant at 60s {name}(single[1m])\n")
    assert not failures(LOAD + "eval instant at 60s predict_linear(single[1m], 5)\n")
    assert not failures(LOAD + "eval instant at 60s double_exponential_smoothing(single[1m], 0.5, 0.5)\n")


@pytest.mark.parametrize(("semantics", "rate"), [(Semantics.V2, 0.7), (Semantics.V2_LATE, 0.6), (Semantics.V3, 0.6)])
def test_rate_of_a_counter_that_began_inside_the_window_stops_at_zero(semantics: Semantics, rate: float) -> None:
    script = f"""
    load 4m
      m 240+240x10

    eval instant at 10m rate(m[20m])
      {{}} {rate}
    """
    assert not failures(script, semantics=semantics)


def test_line_through_equal_or_infinite_values_is_flat_or_unknown() -> None:
    assert not failures(
        LOAD
        + """
    eval instant at 60s deriv(flat[1m])
      {} 0

    eval instant at 60s predict_linear(flat[1m], 3600)
      {} 3

    eval instant at 40s deriv(gauge[1m])
      {} NaN
    """
    )


@pytest.mark.parametrize(("smoothing", "trend"), [(0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1)])
def test_smoothing_with_a_factor_outside_0_and_1_fails(smoothing: float, trend: float) -> None:
    assert not failures(
        LOAD + f"eval instant at 60s double_exponential_smoothing(flat[1m], {smoothing}, {trend})\n  expect fail\n"
    )


def test_smoothing_follows_the_trend() -> None:
    script = """
    load 10s
      m 1 2 4 7

    eval instant at 30s double_exponential_smoothing(m[1m], 0.5, 0.5)
      {} 5.875
    """
    assert not failures(script)


def test_smoothing_with_a_factor_that_is_no_number_gives_none_either() -> None:
    assert not failures(LOAD + "eval instant at 60s double_exponential_smoothing(flat[1m], NaN, 0.5)\n  {} NaN\n")


def test_line_through_values_whose_sum_is_too_large_is_unknown_to_prometheus_2() -> None:
    script = """
    load 10s
      m 1e308 -1e308

    eval instant at 10s deriv(m[1m])
      {} NaN
    """
    assert not failures(script, semantics=Semantics.V2)
    assert failures(script, semantics=Semantics.V3)
