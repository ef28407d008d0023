from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.events import Event, NotificationSent
from harness.oncall.chain import Notify, Repeat, Wait
from harness.oncall.rota import Rota, load_rota
from harness.stacks.monitoring import Habit

FIRING = NotificationSent(receiver="on-call", group="Down", status="firing", alerts=["Down"])
MIDNIGHT = datetime(2024, 12, 1, tzinfo=UTC).timestamp()  # a Sunday
FILE = """\
chain:
  - {notify: primary}
  - {wait: 5m}
  - {notify: primary, channel: important}
  - {wait: 5m}
  - {notify: the whole team}
  - {repeat: 2}
schedules:
  - name: primary
    shifts:
      - {responder: Jaquelyn, days: mon-fri, from: "08:00", to: "18:00"}
      - {turns: [Sam, Kim], every: 7d, since: 2024-11-25 08:00 MST}
responders:
  - name: Sam
    answers: [{ignore: asleep, after: 1m}, {acknowledge: 3m}]
receivers: [pager]
"""


def load(folder: Path, text: str = FILE) -> Rota:
    path = folder / "on-call.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rota(path)


def played(rota: Rota, *, seed: int = 1, minutes: int = 30, starts: float = MIDNIGHT) -> list[str]:
    responders = {name: make() for name, make in rota.responders.items()}
    incident = lambda steady: datetime.fromtimestamp(steady, UTC)  # noqa: E731 - short enough
    escalation = rota.escalation(responders, rng=Random(seed), incident=incident)
    events: list[tuple[float, Event]] = [(0.0, event) for event in escalation.notified(FIRING, now=starts)]
    for second in range(0, 60 * minutes, 10):
        events += [(second, event) for event in escalation.tick(starts + second)]
    return [f"+{at / 60:g} {type(event).__name__} {getattr(event, 'responder', '')}".strip() for at, event in events]


def test_file_is_read_into_a_chain_with_its_schedules_and_responders(tmp_path: Path) -> None:
    rota = load(tmp_path)
    assert rota.chain.steps == (
        Notify("primary"),
        Wait(timedelta(minutes=5)),
        Notify("primary", channel="important"),
        Wait(timedelta(minutes=5)),
        Notify("the whole team"),
        Repeat(2),
    )
    assert rota.people == ("Jaquelyn", "Sam", "Kim", "the whole team")
    assert rota.first == ("Jaquelyn", "Sam", "Kim")
    assert (rota.hears("pager"), rota.hears("slack")) == (True, False)


def test_page_goes_to_whoever_is_on_call_who_ignores_it_first_and_takes_it_then(tmp_path: Path) -> None:
    assert played(load(tmp_path)) == [
        "+0 PageSent Sam",
        "+1 PageIgnored Sam",
        "+5 PageSent Sam",
        "+8 PageAcknowledged Sam",
    ]


def test_step_whose_schedule_has_a_gap_pages_nobody_and_the_chain_goes_on(tmp_path: Path) -> None:
    gap = FILE.replace("      - {turns: [Sam, Kim], every: 7d, since: 2024-11-25 08:00 MST}\n", "")
    gap = gap.replace("name: Sam", "name: the whole team").replace("{ignore: asleep, after: 1m}, ", "")
    assert played(load(tmp_path, gap)) == ["+10 PageSent the whole team", "+13 PageAcknowledged the whole team"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("{dismiss: a misconfiguration, after: 2m}", ["+0 PageSent Sam", "+2 PageIgnored Sam"]),
        ("{resolve: 4m}", ["+0 PageSent Sam", "+4 PageResolved"]),
        ("{acknowledge: 0}", ["+0 PageSent Sam", "+0 PageAcknowledged Sam"]),
    ],
)
def test_answer_ends_the_chain(tmp_path: Path, answer: str, said: list[str]) -> None:
    assert played(load(tmp_path, FILE.replace("{ignore: asleep, after: 1m}, {acknowledge: 3m}", answer))) == said


def test_chain_that_repeats_pages_again_from_the_top(tmp_path: Path) -> None:
    nobody = FILE.split("responders:", maxsplit=1)[0].replace("{repeat: 2}", "{wait: 5m}\n  - {repeat: 1}")
    pages = [line for line in played(load(tmp_path, nobody), minutes=60) if "PageSent" in line]
    assert [page.split()[0] for page in pages] == ["+0", "+5", "+10", "+15", "+20", "+25"]


def test_page_that_does_not_reach_somebody_is_not_answered_and_the_seed_decides(tmp_path: Path) -> None:
    half = load(tmp_path, FILE.replace("- name: Sam\n", "- name: Sam\n    reached: 0.5\n"))
    runs = {tuple(played(half, seed=seed)) for seed in range(20)}
    assert len(runs) > 1
    assert played(half, seed=3) == played(half, seed=3)


def test_habit_of_a_responder_is_theirs_until_the_scenario_says_otherwise(tmp_path: Path) -> None:
    made = load(tmp_path).responders["Sam"]()
    assert Habit(made).now is made


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("notify: primary}", "notify: primary, wait: 5m}", 2, "exactly one of notify, wait, repeat"),
        ("{wait: 5m}", "{wait: 0}", 1, "waits 0"),
        ("{repeat: 2}", "{repeat: 9}", 1, "Repeat 1 to 5 times"),
        ("{repeat: 2}", "{repeat: 2, channel: sms}", 7, "Remove it"),
        ("mon-fri", "mon-fry", 11, "unknown day 'fry'. Did you mean 'fri'"),
        ('"08:00"', '"8 o clock"', 11, "no time of day"),
        (", since: 2024-11-25 08:00 MST", "", 12, "Say since when"),
        ("2024-11-25 08:00 MST", "yesterday", 12, "yesterday"),
        ("name: Sam", "name: Samm", 14, "unknown responder 'Samm'. Did you mean 'Sam'"),
        ("{acknowledge: 3m}", "{acknowledges: 3m}", 15, "unknown key 'acknowledges'. Did you mean 'acknowledge'"),
        ("{acknowledge: 3m}", "{acknowledge: 3m, after: 1m}", 15, "the length stands beside acknowledge itself"),
        ("{acknowledge: 3m}", "{acknowledge: 3m, spread: 9}", 15, "`spread` from 0 to 3"),
        ("answers: [{ignore: asleep, after: 1m}, {acknowledge: 3m}]", "answers: []", 15, "there are no answers"),
        ("receivers: [pager]", "receiver: pager", 16, "unknown key 'receiver'"),
        ("  - name: primary\n", "  - {name: primary}\n  - name: primary\n", 10, "it is there already"),
    ],
)
def test_file_with_a_mistake_is_refused_by_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, complaint: str
) -> None:
    assert old in FILE
    with pytest.raises(ScenarioError, match=complaint) as refused:
        load(tmp_path, FILE.replace(old, new, 1))
    assert f"on-call.yaml:{line}: " in str(refused.value)


@settings(deadline=None)
@given(st.text(alphabet="chainotfywrepslud:-[]{}, \n0123456789m\"'", max_size=200))
def test_any_text_is_a_rota_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with suppress(ScenarioError):
        load(tmp_path_factory.getbasetemp(), text)
