"""Compiling an expression once, and asking it for its value again and again."""

from collections.abc import Callable
from datetime import timedelta

from harness.alerting.promql.compiler import Compiler
from harness.alerting.promql.errors import EvaluationError, LimitExceeded, ParseError
from harness.alerting.promql.labels import NO_LABELS, Labels
from harness.alerting.promql.limits import Limits, Meter
from harness.alerting.promql.moment import DEFAULT_DIALECT, Dialect, Moment
from harness.alerting.promql.parser import parse
from harness.alerting.promql.store import SeriesStore, milliseconds
from harness.alerting.promql.syntax import Node, kind_of
from harness.alerting.promql.values import Kind, Matrix, Points, Sample, Value
from harness.alerting.promql.windows import Window, WindowsAt

_MILLISECOND = timedelta(milliseconds=1)


class Expression:
    """A compiled PromQL expression; make one with `compile`."""

    def __init__(self, text: str, *, syntax: Node, dialect: Dialect, limits: Limits) -> None:
        self.text = text
        """The expression as it was written."""
        self.syntax = syntax
        """Its parts."""
        self.dialect = dialect
        """What it was compiled for."""
        self.kind = kind_of(syntax)
        """The type of its value."""
        self._limits = limits
        self._evaluate = _evaluator(syntax, Compiler(dialect))

    def at(self, store: SeriesStore, now: float) -> Value:
        """The expression's value at one moment.

        Args:
            store: Where the series are.
            now: Seconds since 1970.

        Returns:
            A float, a text, a list of `Sample` or a list of `Points`, as `kind` says.

        Raises:
            EvaluationError: The data does not fit, for example two series match where one may.
            LimitExceeded: It would take more than its limits allow.
        """
        now_ms = milliseconds(now)
        return self._value(Moment(store, now_ms, now_ms, now_ms, Meter(self._limits)))

    def between(self, store: SeriesStore, *, start: float, end: float, step: timedelta) -> Matrix:
        """The expression's value at each step from a start to an end, as a graph would show it.

        Args:
            store: Where the series are.
            start: First moment, in seconds since 1970.
            end: Last moment; left out if no step meets it.
            step: Time between two values, a millisecond or more.

        Returns:
            For each label set its points, ordered by labels.

        Raises:
            EvaluationError: As `at`, or the expression is no scalar or instant vector.
            LimitExceeded: As `at`.
        """
        if self.kind not in {Kind.SCALAR, Kind.VECTOR}:
            raise EvaluationError(f"a {self.kind.value} cannot be evaluated over a range: {self.text!r}")
        start_ms, end_ms, step_ms = milliseconds(start), milliseconds(end), max(1, step // _MILLISECOND)
        moments = range(start_ms, end_ms + 1, step_ms)
        meter = Meter(self._limits)
        meter.charge_steps(len(moments))
        gathered: dict[Labels, list[tuple[float, float]]] = {}
        for now_ms in moments:
            value = self._value(Moment(store, now_ms, start_ms, end_ms, meter, step_ms))
            for sample in _samples(value):
                gathered.setdefault(sample.labels, []).append((now_ms / 1000, sample.value))
        return [Points(labels, gathered[labels]) for labels in sorted(gathered)]

    def _value(self, moment: Moment) -> Value:
        try:
            return self._evaluate(moment)
        except RecursionError as error:
            raise LimitExceeded(f"the expression is nested too deeply; it starts {self.text[:60]!r}") from error

    def __repr__(self) -> str:
        return f"<Expression {self.text!r}>"


def compile(  # noqa: A001 - as in re.compile
    text: str, *, dialect: Dialect = DEFAULT_DIALECT, limits: Limits | None = None
) -> Expression:
    """Compile an expression, to be evaluated as often as needed.

    Args:
        text: The expression.
        dialect: What it means where it does not say; that of Prometheus 3 as it is shipped.
        limits: What one evaluation may cost.

    Raises:
        ParseError: The text is no expression this engine knows; the message names it and the place.
        LimitExceeded: It is nested too deeply.
    """
    syntax = parse(text, dot_matches_newline=dialect.semantics.is_3)
    try:
        return Expression(text, syntax=syntax, dialect=dialect, limits=limits or Limits())
    except ParseError as error:
        raise ParseError(f"{error}, in the expression {text!r}") from error
    except RecursionError as error:
        raise LimitExceeded(f"the expression is nested too deeply; it starts {text[:60]!r}") from error


def _evaluator(node: Node, compiler: Compiler) -> Callable[[Moment], Value]:
    match kind_of(node):
        case Kind.SCALAR:
            return compiler.scalar(node)
        case Kind.VECTOR:
            return compiler.vector(node)
        case Kind.MATRIX:
            return _points(compiler.windows(node))
        case Kind.STRING:
            text = compiler.text(node)
            return lambda _: text


def _points(windows_at: WindowsAt) -> Callable[[Moment], Value]:
    def points_of(window: Window) -> Points:
        return Points(window.series.labels, [(t / 1000, v) for t, v in zip(window.times, window.values, strict=True)])

    return lambda moment: [points_of(window) for window in windows_at(moment)]


def _samples(value: Value) -> list[Sample]:
    if isinstance(value, float):
        return [Sample(NO_LABELS, value)]
    return [sample for sample in value if isinstance(sample, Sample)]
