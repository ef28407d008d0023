"""The parts of an expression, as plain data.

Durations and times are whole milliseconds, parentheses are gone, and every vector operation says how it matches.
"""

from dataclasses import dataclass
from enum import Enum

from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.values import Kind


class Anchor(Enum):
    """The two ends of a query, as `@ start()` and `@ end()` name them."""

    START = "start()"
    END = "end()"


@dataclass(frozen=True, slots=True)
class Shift:
    """Where in time a selector looks, seen from where it stands."""

    offset_ms: int = 0
    """How far back; negative looks ahead."""

    at: int | Anchor | None = None
    """A fixed moment (milliseconds since 1970) or end of the query to look from, instead of now."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    """The number."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    value: str
    """The text, unescaped."""


@dataclass(frozen=True, slots=True)
class Selector:
    """The newest sample of each matching series."""

    matchers: tuple[Matcher, ...]
    """All conditions, the one on the metric's name first."""

    shift: Shift
    """Where in time it looks."""


@dataclass(frozen=True, slots=True)
class Range:
    """The samples of each matching series over a window."""

    selector: Selector
    """Which series, and where in time the window ends."""

    range_ms: int
    """The window's length."""


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression evaluated again and again over a window."""

    inner: "Node"
    """What is evaluated."""

    range_ms: int
    """The window's length."""

    step_ms: int | None
    """Time between evaluations; None is the engine's default."""

    shift: Shift
    """Where in time the window ends."""


@dataclass(frozen=True, slots=True)
class Negation:
    """A minus sign before an expression."""

    inner: "Node"
    """What is negated."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How two vectors find each other."""

    is_on: bool = False
    """True for `on(labels)`, False for `ignoring(labels)`."""

    labels: tuple[str, ...] = ()
    """The labels named there."""

    many: str = ""
    """The side that may match more than once: left, right or neither (empty)."""

    include: tuple[str, ...] = ()
    """Labels to copy from the side that matches once."""

    fill_left: float | None = None
    """What stands for a sample that is missing on the left; without it, its partner is left out."""

    fill_right: float | None = None
    """The same on the right."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what stands between them."""

    op: str
    """The operator, in lower case."""

    left: "Node"
    """The left side."""

    right: "Node"
    """The right side."""

    matching: Matching
    """How they match, if both are vectors."""

    returns_bool: bool
    """Whether a comparison gives 0 and 1 instead of filtering."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which samples an aggregation puts together."""

    is_without: bool
    """True for `without(labels)`, False for `by(labels)`."""

    labels: tuple[str, ...]
    """The labels named there."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation over a vector."""

    op: str
    """Its name, such as sum."""

    inner: "Node"
    """What is aggregated."""

    parameter: "Node | None"
    """The first argument of those that take two, such as the k of topk."""

    grouping: Grouping
    """How samples are grouped; no labels at all puts everything together."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    """The function."""

    args: "tuple[Node, ...]"
    """Its arguments in order."""


Node = Number | Text | Selector | Range | Subquery | Negation | Binary | Aggregate | Call


def kind_of(node: Node) -> Kind:
    """The type of what a node gives."""
    match node:
        case Number() | Call(name="end" | "max_of" | "min_of" | "pi" | "range" | "scalar" | "start" | "step" | "time"):
            return Kind.SCALAR
        case Text():
            return Kind.STRING
        case Range() | Subquery():
            return Kind.MATRIX
        case Negation():
            return kind_of(node.inner)
        case Binary() if kind_of(node.left) == kind_of(node.right) == Kind.SCALAR:
            return Kind.SCALAR
        case _:
            return Kind.VECTOR


def children_of(node: Node) -> tuple[Node, ...]:
    """The expressions directly inside a node."""
    match node:
        case Range():
            return (node.selector,)
        case Subquery() | Negation():
            return (node.inner,)
        case Binary():
            return (node.left, node.right)
        case Aggregate():
            return (node.inner,) if node.parameter is None else (node.parameter, node.inner)
        case Call():
            return node.args
        case _:
            return ()
