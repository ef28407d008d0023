"""From text to syntax, by way of promql-parser, with its defects kept in here.

- Raw texts in backticks are unescaped as if they were quoted: they are rewritten as quoted ones first.
- It takes each byte that is written as a number for a letter: such bytes are written as the letters they make up first.
- A moment before 1970 makes it panic when it is read: such a moment travels as one in the far future.
- It knows holt_winters by no name, and gives no position with an error.
- A panic is a BaseException, and very deep nesting ends the process: depth is bounded before it sees the text.
"""

import re
from datetime import timedelta

import promql_parser as rust

from harness.alerting.promql.errors import LimitExceeded, ParseError
from harness.alerting.promql.labels import METRIC_NAME
from harness.alerting.promql.lexing import split_code, tokens
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.regex import compile_regex
from harness.alerting.promql.syntax import (
    Aggregate,
    Anchor,
    Binary,
    Call,
    Grouping,
    Matching,
    Negation,
    Node,
    Number,
    Range,
    Selector,
    Shift,
    Subquery,
    Text,
)

_MAX_SIGNS = 1000  # the parser's stack holds some 4,000 levels, and its time grows with the square
_BEFORE_1970 = 100_000_000_000  # seconds, the year 5138: -1 travels as one second more
_FIXED_MOMENT = re.compile(r"@\s*([+-]?)\s*(\d[\d.]*(?:[eE][+-]?\d+)?)")
_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})|\\([0-7]{3})")
_ESCAPES = re.compile(r"(?P<bytes>(?:\\x[0-9a-fA-F]{2}|\\[0-7]{3})+)|\\.", re.DOTALL)
_QUOTED_IN_REASON = re.compile(r"'([^']+)'")
_MAX_PREFIXES = 200  # an error is looked for so many words deep
_SIGNS = frozenset("([{,+-*/%^<>=!@") | {"and", "or", "unless", "atan2", "==", "!=", "<=", ">=", "=~", "!~"}
# The parser's enumerations compare, but do not hash: their names do.
_MATCH_OPS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_MANY_SIDES = {"ManyToOne": "left", "OneToMany": "right"}

rust.register_extra_functions(
    [
        rust.Function(
            "holt_winters",
            [rust.ValueType.Matrix, rust.ValueType.Scalar, rust.ValueType.Scalar],
            rust.ValueType.Vector,
        )
    ]
)


def parse(text: str, *, dot_matches_newline: bool = True) -> Node:
    """Read an expression.

    Args:
        text: The expression.
        dot_matches_newline: How `.` reads in a matcher's regular expression: True from Prometheus 3 on.

    Raises:
        ParseError: It is none; the message names it, the column and what stands there.
        LimitExceeded: It has more brackets and operators than could be handled.
    """
    signs = sum(token in _SIGNS for _, token in tokens(text))
    if signs > _MAX_SIGNS:
        raise LimitExceeded(f"{signs:,} brackets and operators, {_MAX_SIGNS:,} are allowed; it starts {text[:60]!r}")
    try:
        return _Reader(dot_matches_newline=dot_matches_newline).node(_parse_rust(text))
    except (ValueError, OverflowError, ParseError) as error:
        raise ParseError(_explain(text, str(error))) from error
    except RecursionError as error:
        raise LimitExceeded(f"the expression is nested too deeply; it starts {text[:60]!r}") from error


def _parse_rust(text: str) -> rust.Expr:
    prepared = "".join(_prepared_code(part) if is_code else _prepared_quote(part) for part, is_code in split_code(text))
    try:
        return rust.parse(prepared)
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ != "PanicException":
            raise
        raise ParseError(f"the parser gave up: {error}") from error


def _prepared_code(code: str) -> str:
    return _FIXED_MOMENT.sub(_prepared_moment, code)


def _prepared_moment(found: re.Match[str]) -> str:
    seconds = float(found[2])
    if seconds >= _BEFORE_1970:
        raise ParseError(f"@ {found[1]}{found[2]} is more than {_BEFORE_1970:,} seconds away from 1970")
    return f"@ {_BEFORE_1970 + seconds!r}" if found[1] == "-" else found[0]


def _prepared_quote(quote: str) -> str:
    if not quote.startswith("`"):
        return _ESCAPES.sub(_prepared_bytes, quote) if quote[0] in "\"'" else quote
    return '"' + quote[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _prepared_bytes(found: re.Match[str]) -> str:
    """Bytes of a letter beyond ASCII, as that letter; bytes that are none become the replacement character."""
    if found["bytes"] is None:
        return found[0]
    written = [each[1] or each[2] for each in _BYTE.finditer(found["bytes"])]
    values = bytes(int(each, 8 if len(each) == 3 else 16) & 0xFF for each in written)
    letters = values.decode("utf-8", errors="replace")
    return "".join(letter if ord(letter) > 127 else f"\\x{ord(letter):02x}" for letter in letters)


def _explain(text: str, reason: str) -> str:
    column = _column_of_error(text, reason)
    near = text[column : column + 24] or "the end"
    hint = "; replace Grafana's variables, such as $__rate_interval, first" if "$__" in text else ""
    return f"{reason}, at column {column + 1} near {near!r}{hint}, in the expression {text!r}"


def _column_of_error(text: str, reason: str) -> int:
    words = list(tokens(text))[:_MAX_PREFIXES]
    for named in _QUOTED_IN_REASON.findall(reason):
        for start, word in words:
            if word == named:
                return start
    return next((start for start, _ in reversed(words) if _is_expression(text[:start])), 0)


def _is_expression(text: str) -> bool:
    try:
        _parse_rust(text)
    except (ValueError, ParseError):
        return False
    return True


def _whole_ms(duration: timedelta | None) -> int:
    return 0 if duration is None else duration // timedelta(milliseconds=1)


def _name_of(member: object) -> str:
    return repr(member).rpartition(".")[2]


class _Reader:
    """Turns the parser's tree, whose parts are copied whenever they are looked at, into ours, once."""

    def __init__(self, *, dot_matches_newline: bool) -> None:
        self._dot_matches_newline = dot_matches_newline

    def node(self, expr: rust.Expr) -> Node:
        match expr:
            case rust.ParenExpr():
                return self.node(expr.expr)
            case rust.NumberLiteral():
                return Number(expr.val)
            case rust.StringLiteral():
                return Text(expr.val)
            case rust.UnaryExpr():
                return Negation(self.node(expr.expr))
            case _:
                return self._over_series(expr)

    def _over_series(self, expr: rust.Expr) -> Node:
        match expr:
            case rust.VectorSelector():
                return self._selector(expr)
            case rust.MatrixSelector():
                return Range(self._selector(expr.vector_selector), _whole_ms(expr.range))
            case rust.SubqueryExpr():
                step = _whole_ms(expr.step) or None
                return Subquery(self.node(expr.expr), _whole_ms(expr.range), step, self._shift(expr))
            case _:
                return self._compound(expr)

    def _compound(self, expr: rust.Expr) -> Node:
        match expr:
            case rust.BinaryExpr():
                returns_bool = expr.modifier is not None and expr.modifier.return_bool
                left, right = self.node(expr.lhs), self.node(expr.rhs)
                return Binary(str(expr.op), left, right, self._matching(expr.modifier), returns_bool)
            case rust.AggregateExpr():
                parameter = None if expr.param is None else self.node(expr.param)
                return Aggregate(str(expr.op), self.node(expr.expr), parameter, self._grouping(expr.modifier))
            case rust.Call():
                return Call(expr.func.name, tuple(self.node(arg) for arg in expr.args))
            case _:
                raise ParseError(f"{type(expr).__name__} is not supported")

    def _selector(self, selector: rust.VectorSelector) -> Selector:
        if selector.matchers.or_matchers:
            raise ParseError("'or' between matchers is not part of PromQL")
        matchers = [self._matcher(matcher) for matcher in selector.matchers.matchers]
        if selector.name is not None:
            matchers.insert(0, Matcher(METRIC_NAME, "=", selector.name))
        return Selector(tuple(matchers), self._shift(selector))

    def _matcher(self, matcher: rust.Matcher) -> Matcher:
        op = _MATCH_OPS[_name_of(matcher.op)]
        if op in {"=", "!="}:
            return Matcher(matcher.name, op, matcher.value)
        pattern = compile_regex(matcher.value, dot_matches_newline=self._dot_matches_newline)
        return Matcher(matcher.name, op, matcher.value, pattern)

    def _shift(self, expr: rust.VectorSelector | rust.SubqueryExpr) -> Shift:
        return Shift(_whole_ms(expr.offset), None if expr.at is None else self._anchor(expr.at))

    def _anchor(self, at: rust.AtModifier) -> int | Anchor:
        if at.type == rust.AtModifierType.Start:
            return Anchor.START
        if at.type == rust.AtModifierType.End or at.at is None:
            return Anchor.END
        seconds = at.at.timestamp()
        return round((_BEFORE_1970 - seconds if seconds >= _BEFORE_1970 else seconds) * 1000)

    def _matching(self, modifier: rust.BinModifier | None) -> Matching:
        if modifier is None:
            return Matching()
        many = _MANY_SIDES.get(_name_of(modifier.card), "")
        include = tuple(modifier.group_labels or ())
        fill = modifier.fill_values.lhs, modifier.fill_values.rhs
        is_on = modifier.matching is not None and modifier.matching.type == rust.LabelModifierType.Include
        labels = () if modifier.matching is None else tuple(modifier.matching.labels)
        return Matching(is_on, labels, many, include, *fill)

    def _grouping(self, modifier: rust.AggModifier | None) -> Grouping:
        if modifier is None:
            return Grouping(is_without=False, labels=())
        return Grouping(modifier.type == rust.AggModifierType.Without, tuple(modifier.labels))
