"""The templates of labels and annotations: `{{ $labels.method }}`, `{{ $value | humanize }}`, `{{ if gt $value 5.0 }}`.

They are written in Go's text/template. What cannot be read is an error when the rule is loaded, never a wrong text at
5 a.m.; what goes wrong only with the values of the hour is said in the text, as Prometheus says it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from harness.alerting.go_format import written
from harness.alerting.promql import PromQLError, Sample
from harness.alerting.template_functions import COMMON, GRAFANA, SURROUNDED, Found, TemplateError, is_true
from harness.alerting.template_syntax import (
    Branch,
    Call,
    Chain,
    Constant,
    Leave,
    Node,
    Operand,
    Pipeline,
    parse_template,
)

NO_VALUE = "[no value]"
"""What stands for a value that the alert does not have, as in Grafana."""

Author = Literal["Prometheus", "Grafana"]
"""Whose rules a template belongs to: the two give it different variables."""

_MOST_STEPS = 20_000
"""Nodes and calls of one expansion: loops over what a query brought must end."""
_MOST_TEXT = 1_000_000
_FUNCTIONS = {"Prometheus": dict(COMMON), "Grafana": {**COMMON, **GRAFANA}}
_TAKES = {
    author: {**{name: takes for name, (takes, _) in known.items()}, **SURROUNDED}
    for author, known in _FUNCTIONS.items()
}
_FIELDS: Mapping[Author, tuple[str, ...]] = {
    "Prometheus": ("Labels", "ExternalLabels", "ExternalURL", "Value"),
    "Grafana": ("Labels", "Values", "Value"),
}


@dataclass(frozen=True, slots=True)
class External:
    """What Prometheus is told of itself."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Those that it adds to all that it sends: `$externalLabels`."""
    url: str = ""
    """Where people find it: `$externalURL`."""


NOT_SAID = External()
"""What a Prometheus says of itself that was told nothing."""


def _nobody(_text: str) -> list[Sample]:
    return []


@dataclass(frozen=True, slots=True)
class Subject:
    """What a template is about."""

    labels: Mapping[str, str]
    """Those of the series: `$labels`."""
    value: float | None = None
    """What was seen; None when the alert has no value: `$value`."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """What each query and step of a Grafana rule gave for this series: `$values`."""
    ask: Callable[[str], Sequence[Sample]] = _nobody
    """Answers `query`."""
    now: float = 0.0
    """When the rule was evaluated, in steady seconds."""
    series: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The labels of values that are about another series."""

    @property
    def evaluation(self) -> str:
        """What a Grafana rule saw, as it stands in `$value`."""
        return ", ".join(self._seen(name, value) for name, value in sorted(self.values.items()))

    def _seen(self, name: str, value: float | None) -> str:
        labels = ", ".join(f"{key}={text}" for key, text in sorted(self.series.get(name, self.labels).items()))
        return f"[ var='{name}' labels={{{labels}}} value={'null' if value is None else written(value)} ]"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places to fill in."""

    text: str
    """As its author wrote it."""
    nodes: tuple[Node, ...]
    """Its literal parts and its places, in order."""
    author: Author = "Prometheus"
    """Whose variables it has."""
    external: External = NOT_SAID
    """What it may say of the Prometheus that it belongs to."""

    @classmethod
    def parse(cls, text: str, *, author: Author = "Prometheus", external: External | None = None) -> Template:
        """Read a template.

        Raises:
            ScenarioError: when it is none, or calls a function that there is not.
        """
        variables = {"$", *(_variable(name) for name in _FIELDS[author])}
        nodes = parse_template(text, variables=variables, functions=_TAKES[author])
        return cls(text, nodes, author, external or NOT_SAID)

    @classmethod
    def literal(cls, text: str) -> Template:
        """Make a template that says one thing, whatever it holds."""
        return cls(text, (text,))

    def expand(self, subject: Subject) -> str:
        """Fill in the places.

        A label that is not there is empty to Prometheus; to Grafana it is `[no value]`, as is any value that is not
        there. An expansion that fails gives the reason in angle brackets.
        """
        run = _Run(self, subject)
        try:
            run.all(self.nodes, run.root)
        except TemplateError as error:
            return f"<error expanding template: {error}>"
        return "".join(run.out)


def _variable(field_name: str) -> str:
    return f"${field_name[0].lower()}{field_name[1:]}"


class _Left(Exception):
    """Raised where a range is left, or its next turn begun."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class _NoValue:
    """What is not there."""

    def go_string(self) -> str:
        return NO_VALUE


_NOTHING = _NoValue()


class _Run:
    """One expansion of one template."""

    def __init__(self, template: Template, subject: Subject) -> None:
        self.out: list[str] = []
        self.root = _root(template, subject)
        self._template = template
        self._subject = subject
        self._scopes: list[dict[str, object]] = [{_variable(name): value for name, value in self.root.items()}]
        self._scopes[0]["$"] = self.root
        self._steps = 0
        self._length = 0

    def all(self, nodes: Sequence[Node], dot: object) -> None:
        for node in nodes:
            self._step()
            match node:
                case str():
                    self._say(node)
                case Pipeline():
                    value = self._value(node, dot)
                    self._say("" if node.names else written(_NOTHING if value is None else value))
                case Branch():
                    with self._scope():
                        self._branch(node, dot)
                case Leave():
                    raise _Left(node.kind)

    def _say(self, text: str) -> None:
        self.out.append(text)
        self._length += len(text)
        if self._length > _MOST_TEXT:
            raise TemplateError(f"the text is longer than {_MOST_TEXT:,} characters")

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TemplateError(f"it takes more than {_MOST_STEPS:,} steps")

    # Branches

    @contextmanager
    def _scope(self) -> Iterator[None]:
        self._scopes.append({})
        try:
            yield
        finally:
            self._scopes.pop()

    def _body(self, nodes: Sequence[Node], dot: object) -> None:
        with self._scope():
            self.all(nodes, dot)

    def _branch(self, branch: Branch, dot: object) -> None:
        value = self._value(branch.pipeline, dot) if branch.kind != "range" else self._bare(branch.pipeline, dot)
        if branch.kind == "range":
            self._range(branch, value, dot)
        elif is_true(value) and value is not _NOTHING:
            self._body(branch.then, value if branch.kind == "with" else dot)
        else:
            self._body(branch.otherwise, dot)

    def _range(self, branch: Branch, over: object, dot: object) -> None:
        turns = list(_turns(over))
        if not turns:
            self._body(branch.otherwise, dot)
        for turn in turns:
            names, item = branch.pipeline.names, turn[-1]
            for name, value in zip(names, turn[-len(names) :], strict=False):
                self._keep(name, value, declares=branch.pipeline.declares)
            try:
                self._body(branch.then, item)
            except _Left as left:
                if left.kind == "break":
                    return

    # Values

    def _value(self, pipeline: Pipeline, dot: object) -> object:
        value = self._bare(pipeline, dot)
        for name in pipeline.names:
            self._keep(name, value, declares=pipeline.declares)
        return value

    def _bare(self, pipeline: Pipeline, dot: object) -> object:
        first, *more = pipeline.stages
        value = self._operand(first, dot)
        for stage in more:
            assert isinstance(stage, Call)
            value = self._call(stage, dot, given=(value,))
        return value

    def _keep(self, name: str, value: object, *, declares: bool) -> None:
        holder = self._scopes[-1] if declares else next(scope for scope in reversed(self._scopes) if name in scope)
        holder[name] = value

    def _operand(self, operand: Operand, dot: object) -> object:
        match operand:
            case Constant():
                return operand.value
            case Call():
                return self._call(operand, dot)
            case Chain(root, fields):
                value = dot if root == "." else self._named(root) if isinstance(root, str) else self._bare(root, dot)
                for name in fields:
                    value = self._field(value, name)
                return value

    def _named(self, name: str) -> object:
        return next(scope[name] for scope in reversed(self._scopes) if name in scope)

    def _field(self, value: object, name: str) -> object:
        if isinstance(value, Mapping) and value is not self.root:
            return value.get(name, _NOTHING if self._template.author == "Grafana" else "")
        if value is self.root and name in self.root:
            return self.root[name]
        if isinstance(value, Found) and name in {"Labels", "Value"}:
            return value.Labels if name == "Labels" else value.Value
        if value is _NOTHING:
            return _NOTHING
        raise TemplateError(f"there is no field {name} in {written(value)}")

    def _call(self, call: Call, dot: object, given: tuple[object, ...] = ()) -> object:
        self._step()
        arguments = (*(self._operand(each, dot) for each in call.arguments), *given)
        if _NOTHING in arguments and call.function not in _TAKE_NOTHING:
            return _NOTHING
        if call.function in SURROUNDED:
            return self._surrounded(call.function, *arguments)
        _, function = _FUNCTIONS[self._template.author][call.function]
        try:
            return function(*arguments)
        except (TypeError, AttributeError, ValueError, KeyError) as error:
            given_text = ", ".join(map(written, arguments))
            raise TemplateError(f"{call.function} cannot take {given_text}") from error

    def _surrounded(self, function: str, *arguments: object) -> object:
        if function == "now":
            return self._subject.now
        if function == "query":
            return self._query(written(arguments[0]))
        url = self._template.external.url
        return url if function == "externalURL" else urlsplit(url).path

    def _query(self, text: str) -> list[Found]:
        if self._template.author == "Grafana":
            return []  # Grafana has the function, and answers nothing
        try:
            return [Found(sample.labels, sample.value) for sample in self._subject.ask(text)]
        except PromQLError as error:
            raise TemplateError(f"query: {error}") from error


_TAKE_NOTHING = frozenset({"and", "or", "not", "print", "println", "printf", "len"})
"""Functions that have something to say of a value that is not there; the others give it on."""


def _root(template: Template, subject: Subject) -> dict[str, object]:
    """Give what the template's dot is at its beginning."""
    if template.author == "Grafana":
        values = {
            name: Found(subject.series.get(name, subject.labels), math.nan if value is None else value)
            for name, value in subject.values.items()
        }
        return {"Labels": _Named(subject.labels), "Values": values, "Value": subject.evaluation}
    value = _NOTHING if subject.value is None else subject.value
    external = template.external
    return {
        "Labels": subject.labels, "ExternalLabels": external.labels, "ExternalURL": external.url, "Value": value,
    }  # fmt: skip


class _Named(dict[str, str]):
    """Labels that are written as Grafana writes them."""

    def go_string(self) -> str:
        return ", ".join(f"{name}={self[name]}" for name in sorted(self))


def _turns(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, Mapping):
        yield from ((key, value[key]) for key in sorted(value))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from enumerate(value)
    elif value is not _NOTHING and value is not None:
        raise TemplateError(f"there is nothing to range over in {written(value)}")
