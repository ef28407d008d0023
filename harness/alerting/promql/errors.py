"""What can go wrong with an expression, as one tree.

PromQLError
├── ParseError        the text is not an expression this engine can run
├── EvaluationError   the expression is fine, the data does not fit it
└── LimitExceeded     it would take more samples, steps or nesting than allowed
"""


class PromQLError(Exception):
    """Something is wrong with an expression; every error of this package is one."""


class ParseError(PromQLError):
    """The text is no expression, or one this engine does not know."""


class EvaluationError(PromQLError):
    """The series in the store cannot be combined the way the expression asks."""


class LimitExceeded(PromQLError):
    """The expression would cost more than its limits allow."""
