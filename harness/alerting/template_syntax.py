"""The syntax of Go's text/template: from text to nodes.

Known are pipelines, variables, `if`, `with`, `range`, `break`, `continue`, comments and trimmed spaces. What defines or
calls other templates (`define`, `template`, `block`) is refused: an alert's text stands alone.

Source: the documentation of Go's package text/template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import ScenarioError, unknown_name

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<field>\.[A-Za-z_]\w*)
    |(?P<variable>\$\w*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>:=|[=|(),.])""",
    re.VERBOSE | re.ASCII,
)
_END = re.compile(r"(?P<trim>\s+-)?\}\}")
_COMMENT = re.compile(r"\s*/\*.*?\*/\s*", re.DOTALL)
_UNSUPPORTED = frozenset({"define", "template", "block"})
_BRANCHING = frozenset({"if", "with", "range"})
_MOST_NESTED = 50
_MOST_PARENTHESES = 100


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is written out."""

    value: object
    """A text, a number, true, false or nil."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A value, and fields of it: `.Labels.job`, `$value`, `(index $values "A").Value`."""

    root: str | Pipeline
    """The variable's name, `.` for what the template is about, or a pipeline in parentheses."""
    fields: tuple[str, ...]
    """Looked up one after the other."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given."""

    function: str
    """Its name."""
    arguments: tuple[Operand, ...]
    """What stands behind it; the stage before it in a pipeline adds one more."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages that each hand their value to the next: `$value | humanize`."""

    stages: tuple[Operand, ...]
    """The first may be anything, the others are calls."""
    names: tuple[str, ...] = ()
    """The variables that keep its value; `range` may have two."""
    declares: bool = False
    """Whether they are new ones."""


Operand = Constant | Chain | Call


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`, and what follows."""

    kind: str
    """Which of them."""
    pipeline: Pipeline
    """What it depends on."""
    then: tuple[Node, ...]
    """Its body."""
    otherwise: tuple[Node, ...]
    """What stands behind `else`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """`break` or `continue`."""

    kind: str
    """Which of them."""


Node = str | Pipeline | Branch | Leave


def parse_template(text: str, *, variables: Collection[str], functions: Mapping[str, range]) -> tuple[Node, ...]:
    """Read a template.

    Args:
        text: the template.
        variables: those that it may use without declaring them, `$` included.
        functions: those that it may call, and how many values each takes.

    Raises:
        ScenarioError: when it is none; the message shows the place between the braces.
    """
    nodes, ended = _Reader(_parts(text), variables, functions).body()
    if ended:
        raise ended.error("it has nothing that it belongs to")
    return nodes


@dataclass(frozen=True, slots=True)
class _Action:
    """What stands between two pairs of braces."""

    source: str
    tokens: tuple[tuple[str, str], ...]

    @property
    def word(self) -> str:
        """The word that it begins with, such as `if`; empty where it begins with something else."""
        return self.tokens[0][1] if self.tokens and self.tokens[0][0] == "word" else ""

    def rest(self) -> _Action:
        """Give what follows its first word."""
        spaces = len(self.tokens) > 1 and self.tokens[1][0] == "space"
        return _Action(self.source, self.tokens[2 if spaces else 1 :])

    def error(self, what: str) -> ScenarioError:
        return ScenarioError(f"{{{{ {self.source} }}}}: {what}{'' if what.endswith('.') else '.'}")


def _parts(text: str) -> Iterator[str | _Action]:
    """Cut a template into its texts and actions."""
    at, trims = 0, False
    while at <= len(text):
        start = text.find("{{", at)
        literal = text[at:] if start < 0 else text[at:start]
        literal = literal.lstrip() if trims else literal
        if start < 0:
            yield literal
            return
        trims_before = text.startswith("-", start + 2) and text[start + 3 : start + 4].isspace()
        yield literal.rstrip() if trims_before else literal
        action, at, trims = _action(text, start + (3 if trims_before else 2))
        if action:
            yield action


def _action(text: str, at: int) -> tuple[_Action | None, int, bool]:
    """Read one action; give it, where it ends, and whether the space behind it goes away. A comment is none."""
    start, tokens = at, list[tuple[str, str]]()
    if comment := _COMMENT.match(text, at):
        at = comment.end()
        if trimmed := re.compile(r"-?\}\}").match(text, at):
            return None, trimmed.end(), trimmed[0] != "}}"
    while not (end := _END.match(text, at)):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ScenarioError(_unreadable(text, start, at))
        if tokens or found.lastgroup != "space":
            tokens.append((found.lastgroup or "", found[0]))
        at = found.end()
    return _Action(text[start:at].strip(), tuple(tokens)), end.end(), bool(end["trim"])


def _unreadable(text: str, start: int, at: int) -> str:
    if at >= len(text):
        return f"{text!r} opens '{{{{' and never closes it. Write '{{{{ $value }}}}'."
    return f"{{{{ {text[start:at].strip()} ...: {text[at : at + 10]!r} cannot be read there."


class _Reader:
    """One walk over the parts of one template."""

    def __init__(
        self, parts: Iterator[str | _Action], variables: Collection[str], functions: Mapping[str, range]
    ) -> None:
        self._parts = parts
        self._scopes = [set(variables)]
        self._functions = functions
        self._loops = 0

    def body(self) -> tuple[tuple[Node, ...], _Action | None]:
        """Read up to an `else`, an `end`, or the end of the text; give what was read, and what ended it."""
        nodes: list[Node] = []
        for part in self._parts:
            if isinstance(part, str):
                nodes += [part] if part else []
            elif part.word in {"else", "end"}:
                return tuple(nodes), part
            else:
                nodes.append(self._node(part))
        return tuple(nodes), None

    def _node(self, action: _Action) -> Node:
        if action.word in _UNSUPPORTED:
            raise action.error(f"{action.word!r} is not supported in an alert's text")
        if action.word in _BRANCHING:
            return self._branch(action)
        if action.word in {"break", "continue"}:
            if not self._loops:
                raise action.error("it stands outside any range")
            return Leave(action.word)
        return self._pipeline(action)

    def _branch(self, action: _Action) -> Branch:
        if len(self._scopes) > _MOST_NESTED:
            raise action.error(f"it is nested more than {_MOST_NESTED} deep")
        self._scopes.append(set())
        loops = action.word == "range"
        pipeline = self._pipeline(action.rest(), in_range=loops)
        self._loops += loops
        then, ended = self._scoped()
        self._loops -= loops
        otherwise: tuple[Node, ...] = ()
        if ended and ended.word == "else":
            follows = ended.rest()
            if follows.word in {"if", "with"}:  # it ends where the one that it continues ends
                otherwise, ended = (self._branch(follows),), None
            else:
                otherwise, ended = self._scoped()
                self._demand_end(ended, action)
        else:
            self._demand_end(ended, action)
        self._scopes.pop()
        return Branch(action.word, pipeline, then, otherwise)

    def _demand_end(self, ended: _Action | None, action: _Action) -> None:
        if ended is None or ended.word != "end":
            raise action.error("it has no {{ end }}")

    def _scoped(self) -> tuple[tuple[Node, ...], _Action | None]:
        self._scopes.append(set())
        read = self.body()
        self._scopes.pop()
        return read

    def _pipeline(self, action: _Action, *, in_range: bool = False) -> Pipeline:
        return _Line(action, self._scopes, self._functions).whole(in_range=in_range)


class _Line:
    """The tokens of one action, read from left to right."""

    def __init__(self, action: _Action, scopes: list[set[str]], functions: Mapping[str, range]) -> None:
        self._action = action
        self._tokens = action.tokens
        self._scopes = scopes
        self._functions = functions
        self._at = 0

    def whole(self, *, in_range: bool) -> Pipeline:
        if sum(word == "(" for _, word in self._tokens) > _MOST_PARENTHESES:
            raise self._action.error(f"it has more than {_MOST_PARENTHESES} parentheses")
        names, declares = self._names(in_range=in_range)
        pipeline = self._stages(closing="")
        if declares:
            self._scopes[-1].update(names)
        return Pipeline(pipeline.stages, names, declares)

    def _names(self, *, in_range: bool) -> tuple[tuple[str, ...], bool]:
        """Read `$x :=`, `$x =` or `$i, $x :=`; nothing where there is none of them."""
        begin = self._at
        names = [self._next()[1]] if self._peek()[0] == "variable" else []
        if in_range and names and self._peek()[1] == ",":
            self._next()
            names.append(self._next()[1])
        if names and self._peek()[1] in {":=", "="}:
            declares = self._next()[1] == ":="
            for name in names if not declares else ():
                self._check(name)
            return tuple(names), declares
        self._at = begin
        return (), False

    def _stages(self, *, closing: str) -> Pipeline:
        stages = [self._stage(is_first=True)]
        while self._peek()[1] == "|":
            self._next()
            stages.append(self._stage(is_first=False))
        if self._next()[1] != closing:
            raise self._action.error("it cannot be read to its end")
        return Pipeline(tuple(stages))

    def _stage(self, *, is_first: bool) -> Operand:
        kind, word = self._peek()
        if not word:
            what = "nothing on one side of a '|'" if "|" in self._action.source else "is empty. Write '{{ $value }}'"
            raise self._action.error(what)
        if kind == "word" and word not in _CONSTANTS:
            self._next()
            return self._call(word, given=not is_first)
        operand = self._operand()
        if not is_first or self._starts_operand():
            raise self._action.error(f"{word!r} is no function, so it takes nothing")
        return operand

    def _call(self, name: str, *, given: bool) -> Call:
        arguments = []
        while self._starts_operand():
            arguments.append(self._operand())
        return self._checked(Call(name, tuple(arguments)), given=given)

    def _checked(self, call: Call, *, given: bool) -> Call:
        allowed, count = self._functions.get(call.function), len(call.arguments) + given
        if allowed is None:
            raise self._action.error(unknown_name("template function", call.function, known=self._functions))
        if count not in allowed:
            raise self._action.error(f"{call.function} takes {_counted(allowed)} and was given {count}")
        return call

    def _starts_operand(self) -> bool:
        kind, word = self._peek()
        return kind in {"text", "number", "field", "variable", "word"} or word in {"(", "."}

    def _operand(self) -> Operand:
        kind, word = self._next()
        if kind == "text":
            return Constant(word[1:-1] if word[0] == "`" else self._unquoted(word))
        if kind == "number":
            return Constant(_number(word))
        if kind == "word":
            return Constant(_CONSTANTS[word]) if word in _CONSTANTS else self._checked(Call(word, ()), given=False)
        if kind == "variable":
            self._check(word)
            return Chain(word, self._fields())
        if word == "(":
            return Chain(self._stages(closing=")"), self._fields())
        return Chain(".", (word[1:], *self._fields()) if kind == "field" else ())

    def _fields(self) -> tuple[str, ...]:
        """Read the fields that follow without a space between."""
        fields = []
        while self._at < len(self._tokens) and self._tokens[self._at][0] == "field":
            fields.append(self._tokens[self._at][1][1:])
            self._at += 1
        return tuple(fields)

    def _check(self, name: str) -> None:
        if not any(name in scope for scope in self._scopes):
            known = {each for scope in self._scopes for each in scope}
            raise self._action.error(unknown_name("variable", name, known=known))

    def _unquoted(self, quoted: str) -> str:
        try:
            return str(json.loads(quoted, strict=False))
        except ValueError:
            raise self._action.error(f"{quoted} has an escape that is not known") from None

    def _peek(self) -> tuple[str, str]:
        while self._at < len(self._tokens) and self._tokens[self._at][0] == "space":
            self._at += 1
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token


_CONSTANTS: dict[str, object] = {"true": True, "false": False, "nil": None}


def _number(word: str) -> int | float:
    if word.lower().lstrip("+-").startswith("0x"):
        return int(word, 16)
    return float(word) if any(sign in word for sign in ".eE") else int(word)


def _counted(allowed: range) -> str:
    if len(allowed) == 1:
        return "one value" if allowed[0] == 1 else f"{allowed[0]} values"
    return f"at least {allowed[0]}"
