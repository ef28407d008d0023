import pytest

from tests.harness.alerting.promql.scripts import failures

LOAD = """
    load 10s
      m 4 1 3 2 NaN
      n 4 1 3 2
      big 9e307 9e307
      huge 1e308 1e308 1e308
      unknown NaN NaN

"""


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("avg_over_time(n[1m])", "2.5"),
        ("sum_over_time(n[1m])", "10"),
        ("count_over_time(m[1m])", "5"),
        ("min_over_time(m[1m])", "1"),
        ("max_over_time(m[1m])", "4"),
        ("min_over_time(unknown[1m])", "NaN"),
        ("max_over_time(unknown[1m])", "NaN"),
        ("stddev_over_time(n[1m])", "1.118033988749895"),
        ("stdvar_over_time(n[1m])", "1.25"),
        ("quantile_over_time(0.5, n[1m])", "2.5"),
        ("quantile_over_time(-0.1, n[1m])", "-Inf"),
        ("quantile_over_time(1.1, n[1m])", "+Inf"),
        ("quantile_over_time(NaN, n[1m])", "NaN"),
        ("mad_over_time(n[1m])", "1"),
        ("mad_over_time(m[1m])", "NaN"),
        ("present_over_time(m[1m])", "1"),
        ("changes(unknown[1m])", "0"),
        ("avg_over_time(big[1m])", "9e307"),
        ("sum_over_time(big[1m])", "Inf"),
        ("sum_over_time(huge[1m])", "Inf"),
        ("avg_over_time(huge[1m])", "1e308"),
    ],
)
def test_values_of_a_window_give_one_number(call: str, value: str) -> None:
    assert not failures(LOAD + f"eval instant at 50s {call}\n  {{}} {value}\n")


@pytest.mark.parametrize(("call", "value"), [("last_over_time(n[1m])", "2"), ("first_over_time(n[1m])", "4")])
def test_sample_picked_from_a_window_keeps_its_name(call: str, value: str) -> None:
    assert not failures(LOAD + f"eval instant at 50s {call}\n  n {value}\n")


def test_two_metrics_in_one_window_function_clash_without_their_names() -> None:
    assert not failures(LOAD + 'eval instant at 50s rate({__name__=~"m|n"}[1m])\n  expect fail\n')
    assert not failures(LOAD + 'eval instant at 50s last_over_time({__name__=~"n"}[1m])\n  n 2\n')


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("ts_of_first_over_time(p[1m])", "10"),
        ("ts_of_last_over_time(p[1m])", "40"),
        ("ts_of_max_over_time(p[1m])", "30"),
        ("ts_of_min_over_time(p[1m])", "40"),
        ("ts_of_max_over_time(q[1m])", "20"),
    ],
)
def test_moment_of_a_value_is_the_last_at_which_it_was_seen(call: str, value: str) -> None:
    load = "load 10s\n  p _ 1 7 7 1\n  q NaN NaN NaN\n\n"
    assert not failures(load + f"eval instant at 50s {call}\n  {{}} {value}\n")
