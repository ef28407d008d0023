from collections.abc import Callable

import pytest

from harness.alerting.promql import ParseError, Semantics
from harness.alerting.promql.compiler import Compiler
from harness.alerting.promql.moment import Dialect
from harness.alerting.promql.parser import parse
from harness.alerting.promql.syntax import Node

COMPILER = Compiler(Dialect(Semantics.V3))


@pytest.mark.parametrize(
    ("want", "text", "message"),
    [
        (COMPILER.scalar, "up", "a scalar is wanted here, not the instant vector selector"),
        (COMPILER.vector, "1", "an instant vector is wanted here, not the scalar number"),
        (COMPILER.windows, "up", "a range vector is wanted here, not the instant vector selector"),
        (COMPILER.text, "up[5m]", "a text in quotes is wanted here, not the range vector range"),
    ],
)
def test_node_of_another_kind_than_wanted_is_refused(want: Callable[[Node], object], text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        want(parse(text))
