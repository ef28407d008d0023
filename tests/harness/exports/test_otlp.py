import base64
import json
from typing import Any

from google.protobuf.json_format import Parse  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.checks import judge
from harness.events import RequestFinished
from harness.exports.otlp import traces
from harness.history import History
from tests.harness.checks.stories import night, plus, request
from tests.harness.checks.test_stories import expectations


def spans(history: History) -> list[dict[str, Any]]:
    made = traces(history, judge(history, expectations()))
    return list(made["resourceSpans"][0]["scopeSpans"][0]["spans"])


def test_traces_are_one_tree_below_the_scenario() -> None:
    root, *others = spans(night())
    assert "parentSpanId" not in root
    assert {span["parentSpanId"] for span in others} == {root["spanId"]}
    assert {span["traceId"] for span in (root, *others)} == {root["traceId"]}
    assert len({span["spanId"] for span in (root, *others)}) == len(others) + 1


def test_traces_have_a_client_span_for_each_request() -> None:
    clients = [span for span in spans(night()) if span["kind"] == 3]
    assert len(clients) == len(night().of(RequestFinished))


def test_traces_leave_the_status_of_an_unknown_outcome_unset() -> None:
    unknown = request("22:05:01", error="timed out", outcome="unknown")
    said = [span["status"] for span in spans(plus(night(), unknown)) if span["kind"] == 3]
    assert [status for status in said if status.get("message") == "timed out"] == [{"code": 0, "message": "timed out"}]


def test_traces_are_what_a_collector_reads() -> None:
    made = traces(night(), judge(night(), expectations()))
    for span in made["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        # OTLP writes ids in hexadecimal where protobuf's own JSON has base64.
        for name in {"traceId", "spanId", "parentSpanId"} & set(span):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    read = Parse(json.dumps(made), ExportTraceServiceRequest())
    found = read.resource_spans[0].scope_spans[0].spans
    assert found[0].status.code == 1
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in found)
    assert len(found[0].trace_id) == 16
    assert len(found[0].span_id) == 8
