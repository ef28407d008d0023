from datetime import timedelta

from harness.checks.traffic import (
    PURCHASE,
    Tally,
    awaited,
    outages,
    purchase_outages,
    service_requests,
    site_outages,
    whole,
)
from harness.events import Event, RequestFinished
from harness.history import history_of
from tests.harness.checks.stories import FACTORY, FETCH, load, night, request, t, told, without


def test_tally_reads_as_a_person_would_say_it() -> None:
    bad, unsure = request("05:24", error=FETCH), request("05:24", outcome="unknown")
    assert str(Tally.of([])) == "no requests"
    assert str(Tally.of([request("05:24")])) == "1 request, all of them ok"
    assert str(Tally.of([request("05:24"), bad, unsure])) == "3 requests, 1 failed, 1 unknown"


def test_awaited_requests_are_in_the_order_in_which_they_ended() -> None:
    history = history_of(
        [request("05:24:02"), request("05:24:01"), request("05:24:03", cause="the diner left before the reply")]
    )
    assert [one.at for one in awaited(history)] == [t("05:24:01"), t("05:24:02")]


def test_service_requests_leave_out_what_is_asked_of_the_factory() -> None:
    assert "verify the pizza" not in {one.operation for one in service_requests(night())}


def test_whole_leaves_out_requests_across_either_border() -> None:
    inside = request("05:24:30")
    early = request("05:24:01", started=t("05:23:59"))
    late = request("05:25")
    assert whole([early, inside, late], t("05:24"), t("05:25")) == (inside,)


def test_outage_takes_three_in_a_row_and_ends_with_a_success() -> None:
    two = [request("05:24:01", error=FETCH), request("05:24:02", outcome="unknown")]
    assert outages([*two, request("05:24:03")]) == ()
    (found,) = outages([request("05:23"), *two, request("05:24:03", error=FETCH), request("05:24:09")])
    assert (found.requests, found.ended) == (3, t("05:24:09"))
    assert found.began == two[0].started
    assert found.length(end=t("06:00")) == t("05:24:09") - two[0].started


def test_outage_that_does_not_end_lasts_until_the_end_one_gives() -> None:
    (found,) = outages([request("05:24", error=FETCH)] * 3)
    assert found.ended is None
    assert timedelta(minutes=6) < found.length(end=t("05:30:01")) < timedelta(minutes=7)


def test_night_has_one_outage_of_the_site_and_then_one_of_purchases() -> None:
    (site,), (purchases,) = site_outages(night()), purchase_outages(night())
    assert site.ended == purchases.began == t("13:10:20")
    assert purchases.back is not None
    assert purchases.back.operation == "order"


def test_outage_of_purchases_is_none_of_the_site_when_everybody_only_wants_to_buy() -> None:
    orders = load("12:01", "12:02", broken="orders")
    only = [event for event in orders if isinstance(event, RequestFinished) and event.operation == PURCHASE]
    history = told([*load("12:00", "12:01"), *only, *load("12:02", "12:03")])
    assert site_outages(history) == ()
    (found,) = purchase_outages(history)
    assert found.operations == {PURCHASE}


def test_purchase_outage_around_an_outage_of_everything_is_told_in_two_parts() -> None:
    orders = [request(f"12:{minute:02}:01", "order", error=FACTORY) for minute in (*range(5), *range(10, 15))]
    others = [*load("12:00", "12:05", broken="orders"), *load("12:05", "12:10", broken="site")]
    history = told([*orders, *others, *load("12:10", "12:15", broken="orders"), request("12:16", "order")])
    before, after = purchase_outages(history)
    assert (before.began, before.ended) == (orders[0].started, site_outages(history)[0].began)
    assert (after.began, after.ended) == (t("12:10"), t("12:16"))


def test_purchase_outage_apart_from_an_outage_of_everything_is_left_alone() -> None:
    early = [*load("12:00", "12:05"), *load("12:05", "12:10", broken="site"), *load("12:10", "12:15")]
    history = told([*early, *load("12:15", "12:20", broken="orders"), *load("12:20", "12:22")])
    (found,) = purchase_outages(history)
    assert t("12:15") <= found.began < t("12:16")
    assert found.back is not None


def test_purchase_outage_begins_when_the_site_is_back_even_if_the_first_who_tries_to_buy_comes_later() -> None:
    def is_early(event: Event) -> bool:
        if not isinstance(event, RequestFinished) or event.operation != "order":
            return False
        return t("05:24") <= event.at < t("13:10:50")

    (purchases,) = purchase_outages(without(night(), is_early))
    assert purchases.first.started >= t("13:10:45")
    assert purchases.began == t("13:10:20")
