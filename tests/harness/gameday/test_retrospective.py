from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.gameday import retrospective as module
from harness.gameday.retrospective import ANSWERS_FILE, QUESTIONS, Retrospective


def test_answers_are_there_again_when_the_run_is_opened_again(tmp_path: Path) -> None:
    Retrospective(tmp_path).answer("1", by="Ana", text="  the wrong one ")
    again = Retrospective(tmp_path)
    again.answer("1", by="Bo", text="DNS")
    assert [(one.by, one.text) for one in again.answers(1)] == [("Ana", "the wrong one"), ("Bo", "DNS")]
    assert again.answers(0) == []


def test_page_to_keep_has_every_question_and_every_answer_in_one_line(tmp_path: Path) -> None:
    made = Retrospective(tmp_path)
    made.answer("0", by="Ana", text="first\n# second")
    kept = made.markdown()
    assert all(f"## {question}" in kept for question in QUESTIONS)
    assert "- **Ana**: first # second" in kept
    assert kept.count("Nobody has written anything.") == len(QUESTIONS) - 1


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [("5", "x", "no question '5'"), ("-1", "x", "no question"), ("one", "x", "no question"), ("0", "  ", "is empty")],
)
def test_answer_that_is_none_is_refused(tmp_path: Path, question: str, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        Retrospective(tmp_path).answer(question, by="Ana", text=text)
    assert not (tmp_path / ANSWERS_FILE).exists()


def test_answers_do_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWERS_AT_MOST", 1)
    made = Retrospective(tmp_path)
    made.answer("0", by="Ana", text="x" * 5000)
    assert len(made.answers(0)[0].text) == module.ANSWER_AT_MOST
    with pytest.raises(ScenarioError, match="1 answers already"):
        made.answer("0", by="Ana", text="more")


def test_answers_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / ANSWERS_FILE).write_text("?\n")
    with pytest.raises(HarnessError, match="cannot be read"):
        Retrospective(tmp_path)
