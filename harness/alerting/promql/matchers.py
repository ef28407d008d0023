"""Label matchers: the conditions between the braces of a selector."""

from dataclasses import dataclass

from harness.alerting.promql.labels import Labels
from harness.alerting.promql.regex import Regex


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label, such as `status=~"5.."`."""

    name: str
    """The label it looks at."""

    op: str
    """One of = != =~ !~."""

    value: str
    """What the label is compared with."""

    pattern: Regex | None = None
    """The compiled value of =~ and !~, matched against the whole label."""

    def accepts(self, labels: Labels) -> bool:
        """Tell whether a label set meets the condition; a missing label counts as empty."""
        actual = labels.value(self.name)
        matches = self.pattern.fullmatch(actual) is not None if self.pattern else actual == self.value
        return matches == (self.op in {"=", "=~"})
