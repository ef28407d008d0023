"""What all readers of rule files share: how a file is to be read, and how one piece of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar, get_args

from harness.alerting.promql import DEFAULT_DIALECT, Dialect, PromQLError
from harness.alerting.rules import ErrorState, NoDataState
from harness.alerting.templates import NOT_SAID, Author, External, Template
from harness.alerting.yaml_lines import Block
from harness.errors import ScenarioError, unknown_name

NO_DATA_STATES: dict[str, NoDataState] = {state: state for state in get_args(NoDataState)}
ERROR_STATES: dict[str, ErrorState] = {state: state for state in get_args(ErrorState)}

Meaning = TypeVar("Meaning")


def _raise(error: ScenarioError) -> NoReturn:
    raise error


@dataclass(frozen=True, slots=True)
class Reading:
    """How a rule file is to be read."""

    no_data_state: NoDataState | None = None
    """Judge rules that name no state of their own as Grafana would, with this one; as Prometheus would without it."""
    dialect: Dialect = DEFAULT_DIALECT
    """What an expression means where it does not say."""
    external: External = NOT_SAID
    """What templates may say of the Prometheus that the rules belong to."""
    refuse: Callable[[ScenarioError], object] = _raise
    """Told of each rule, and each group, that cannot be read. Unless it raises, the others are read all the same."""
    leave_out: Callable[[str], object] = lambda _: None
    """Told of what is left out on purpose: where it stands, its key and why."""

    def each(self, blocks: Iterable[Block], read: Callable[[Block], Meaning]) -> Iterator[tuple[Block, Meaning]]:
        """Read every block that can be read, and give it with what it means."""
        for block in blocks:
            try:
                yield block, read(block)
            except ScenarioError as error:
                self.refuse(error)

    def alone(self, named: Iterable[tuple[Block, str, object]]) -> None:
        """Refuse blocks that could not be told apart; each comes with the key and the meaning of its name."""
        seen: dict[object, int] = {}
        for block, key, meaning in named:
            if meaning in seen:
                problem = (
                    f"{block.text(key)!r} is already in line {seen[meaning]}. Give it another name, or other labels."
                )
                self.refuse(block.error(key, problem))
            seen.setdefault(meaning, block.at(key).line)

    def templates(self, block: Block, key: str, *, author: Author = "Prometheus") -> dict[str, Template]:
        """Read labels or annotations."""
        found = {}
        for name, text in block.texts(key).items():
            try:
                found[name] = Template.parse(text, author=author, external=self.external)
            except ScenarioError as error:
                raise block.block(key).error(name, str(error)) from error
        return found


def one_of(words: Mapping[str, Meaning], block: Block, *, key: str) -> Meaning:
    """Read one of a few words, such as a no-data state."""
    text = block.text(key)
    if text not in words:
        raise block.error(key, unknown_name("word", text, known=words))
    return words[text]


def compiled(read: Callable[[str], Meaning], block: Block, *, key: str) -> Meaning:
    """Read an expression."""
    try:
        return read(block.text(key).strip())
    except PromQLError as error:
        raise block.error(key, str(error)) from error
