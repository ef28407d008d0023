from harness.events import RemedyPerformed, RequestFinished
from harness.history import History
from harness.report.effects import effects
from tests.harness.checks.stories import is_a, night, without


def effect_of(history: History, remedy: str) -> tuple[bool, bool, str]:
    found = next(effect for effect in effects(history) if effect.remedy.remedy == remedy)
    return found.was_broken, found.helped, found.words


def test_effect_of_a_push_while_all_is_well_is_none() -> None:
    broken, helped, words = effect_of(night(), "push")
    assert (broken, helped) == (False, False)
    assert words.startswith("Nothing was failing before it; after it, ")
    assert words.endswith("requests, all of them ok.")


def test_effect_of_a_remedy_in_vain_counts_requests_and_tasks() -> None:
    broken, helped, words = effect_of(night(), "recreate task definition")
    assert (broken, helped) == (True, False)
    assert words.startswith("It did not help: none of the 21 requests up to 10:49:54 succeeded")
    assert words.endswith("; 1 service task started, and all of them stopped again.")


def test_effect_of_the_dns_update_is_all_but_orders() -> None:
    broken, helped, words = effect_of(night(), "update DNS")
    assert (broken, helped) == (True, True)
    assert words == (
        "It helped: “log in and look at the menu” succeeded from 13:10:20 on, while “order” went on failing."
    )


def test_effect_of_the_report_url_is_orders() -> None:
    assert effect_of(night(), "follow reportUrl") == (True, True, "It helped: “order” succeeded from 13:24:10 on.")


def test_effect_cannot_be_told_when_nobody_asked_after() -> None:
    last = next(event for event in night().of(RemedyPerformed) if event.remedy == "follow reportUrl")
    told = without(night(), lambda event: is_a(RequestFinished)(event) and event.at > last.at)
    broken, helped, words = effect_of(told, "follow reportUrl")
    assert (broken, helped) == (True, False)
    assert words.startswith("Whether it helped cannot be told")
