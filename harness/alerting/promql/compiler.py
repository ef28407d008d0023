"""From syntax to closures: each node is looked at once, when an expression is compiled."""

from harness.alerting.promql import aggregate, operators, selectors
from harness.alerting.promql.calls import scalar_call, vector_call
from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.label_functions import check_name
from harness.alerting.promql.moment import Dialect, ScalarAt, VectorAt
from harness.alerting.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Negation,
    Node,
    Number,
    Range,
    Selector,
    Subquery,
    Text,
    kind_of,
)
from harness.alerting.promql.values import Kind
from harness.alerting.promql.windows import WindowsAt


class Compiler:
    """Turns nodes into functions of a moment; one method for each kind of value.

    Args:
        dialect: What is compiled for.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def scalar(self, node: Node) -> ScalarAt:
        """A node that gives a scalar."""
        match node:
            case Number(value):
                return lambda _: value
            case Negation(inner):
                positive = self.scalar(inner)
                return lambda moment: -positive(moment)
            case Binary():
                return operators.between_scalars(node, self.scalar(node.left), self.scalar(node.right))
            case Call():
                return scalar_call(node, self)
            case _:
                raise ParseError(f"a scalar is wanted here, not {_described(node)}")

    def vector(self, node: Node) -> VectorAt:
        """A node that gives an instant vector."""
        match node:
            case Selector():
                return selectors.instant(node, self.dialect)
            case Negation(inner):
                return operators.negated(self.vector(inner))
            case Binary():
                return self._binary(node)
            case Aggregate():
                return self._aggregate(node)
            case Call():
                return vector_call(node, self)
            case _:
                raise ParseError(f"an instant vector is wanted here, not {_described(node)}")

    def windows(self, node: Node) -> WindowsAt:
        """A node that gives a range vector."""
        match node:
            case Range():
                return selectors.ranged(node, self.dialect)
            case Subquery():
                return selectors.subquery(node, self.vector(node.inner), self.dialect)
            case _:
                raise ParseError(f"a range vector is wanted here, not {_described(node)}")

    def text(self, node: Node) -> str:
        """A node that is a text in quotes."""
        if not isinstance(node, Text):
            raise ParseError(f"a text in quotes is wanted here, not {_described(node)}")
        return node.value

    def _binary(self, node: Binary) -> VectorAt:
        if kind_of(node.left) is Kind.SCALAR:
            return operators.scalar_with_vector(node, self.scalar(node.left), self.vector(node.right), self.dialect)
        if kind_of(node.right) is Kind.SCALAR:
            return operators.vector_with_scalar(node, self.vector(node.left), self.scalar(node.right), self.dialect)
        return operators.between_vectors(node, self.vector(node.left), self.vector(node.right), self.dialect)

    def _aggregate(self, node: Aggregate) -> VectorAt:
        inner, group = self.vector(node.inner), aggregate.group_of(node.grouping)
        if node.op in aggregate.REDUCTIONS:
            return aggregate.reduced(node.op, inner, group, semantics=self.dialect.semantics)
        if node.parameter is None:
            raise ParseError(f"{node.op} needs a parameter")
        match node.op:
            case "quantile":
                return aggregate.quantiles(self.scalar(node.parameter), inner, group)
            case "topk" | "bottomk":
                return aggregate.extremes(self.scalar(node.parameter), inner, group, largest=node.op == "topk")
            case "limitk":
                return aggregate.limited(self.scalar(node.parameter), inner, group)
            case "count_values":
                label = self.text(node.parameter)
                check_name(label, self.dialect)
                return aggregate.counted(label, inner, node.grouping)
            case _:
                raise ParseError(f"the aggregation {node.op} is not supported")


def _described(node: Node) -> str:
    return f"the {kind_of(node).value} {type(node).__name__.lower()}"
