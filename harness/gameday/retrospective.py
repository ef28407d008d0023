"""What people make of it afterwards: questions, and everybody's answers, kept beside the run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import HarnessError, ScenarioError

QUESTIONS = (
    "What did the first page say, and what did we take it for?",
    "Which layer did we look at first, and which was broken?",
    "Which remedies had no effect, and what would have told us before?",
    "When the first fault was gone, how long did we take to see the next?",
    "Which alert, runbook or check would have made this shorter? Who writes it, and by when?",
)

ANSWERS_FILE = "retrospective.jsonl"
ANSWER_AT_MOST = 2000
ANSWERS_AT_MOST = 500


class Answer(msgspec.Struct, frozen=True):
    """What somebody wrote under a question."""

    question: int
    """Its place among the questions, from 0."""
    by: str
    text: str


class Retrospective:
    """The answers of a run, one a line of a file that only grows.

    Args:
        directory: the run's own.

    Raises:
        HarnessError: when answers are there that cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / ANSWERS_FILE
        self._lock = threading.Lock()
        try:
            lines = self._path.read_bytes().splitlines() if self._path.exists() else []
            self._answers = [msgspec.json.decode(line, type=Answer) for line in lines]
        except (OSError, msgspec.MsgspecError) as error:
            message = f"{self._path} cannot be read: {error}. Mend it or remove it."
            raise HarnessError(message) from error

    def answers(self, question: int) -> Sequence[Answer]:
        """Give what was written under a question, oldest first."""
        return [answer for answer in self._answers if answer.question == question]

    def answer(self, question: str, *, by: str, text: str) -> str:
        """Write something under a question.

        Raises:
            ScenarioError: when there is no such question, or nothing was written.
        """
        said = text.strip()[:ANSWER_AT_MOST]
        if not question.isdecimal() or int(question) >= len(QUESTIONS):
            message = f"there is no question {question!r}: 0 to {len(QUESTIONS) - 1}."
            raise ScenarioError(message)
        if not said:
            message = "the answer is empty. Write something."
            raise ScenarioError(message)
        with self._lock:
            if len(self._answers) >= ANSWERS_AT_MOST:
                message = f"there are {ANSWERS_AT_MOST} answers already. Go on in a document of your own."
                raise ScenarioError(message)
            kept = Answer(int(question), by, said)
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(kept) + b"\n")
            self._answers.append(kept)
        return "written"

    def markdown(self) -> str:
        """Give all of it as a page to keep."""
        lines = ["# Retrospective", ""]
        for number, question in enumerate(QUESTIONS):
            said = [f"- **{one.by}**: {' '.join(one.text.split())}" for one in self.answers(number)]
            lines += [f"## {question}", "", *(said or ["Nobody has written anything."]), ""]
        return "\n".join(lines)
