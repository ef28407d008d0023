"""LogQL for alert rules: numbers out of log lines, and over them the same engine as over series.

    store = LoggedSeries(logs)
    compile('sum(count_over_time({component="pizza"} | json | level="error" [5m])) > 0').at(store, now)

What is spoken is what rules use: a stream selector, line filters, `json`, `logfmt`, label filters, `line_format`,
`unwrap`, the functions over a range, and around them everything that LogQL shares with PromQL. The rest is an error
that names it.
"""

from harness.alerting.logql.expression import LogExpression, compile, is_logql, split_threshold  # noqa: A004 - as in re
from harness.alerting.logql.store import LoggedSeries

__all__ = ["LogExpression", "LoggedSeries", "compile", "is_logql", "split_threshold"]
