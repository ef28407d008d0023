"""OTLP logs, read into log lines as Loki stores them.

Rules of this file: the resource attributes that say where a line comes from are its stream's labels, and all others go
with the line, as do its own attributes and its severity; a body that is no text becomes JSON; a line without a time of
its own has the one at which it was observed, or else at which it came. What Loki cannot decode refuses the whole push.

Source: Loki pkg/loghttp/push/otlp.go and its default otlp_config; opentelemetry-proto logs.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import json_format, message  # type: ignore[import-untyped]
from msgspec import Raw, Struct
from msgspec.json import Decoder
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from harness.telemetry.bodies import Wire, decoded
from harness.telemetry.naming import label_name
from harness.telemetry.otlp_attributes import text_of, texts
from harness.telemetry.otlp_shapes import AnyValue, Resource, UInt64
from harness.telemetry.pushes import LogLine, PushRefused

WITHOUT_A_NAME = "unknown_service"
"""What Loki calls a service that does not say its name."""

_STREAM_ATTRIBUTES = (
    "service.name", "service.namespace", "service.instance.id", "deployment.environment",
    "deployment.environment.name", "cloud.region", "cloud.availability_zone", "container.name", "k8s.cluster.name",
    "k8s.namespace.name", "k8s.pod.name", "k8s.container.name", "k8s.deployment.name", "k8s.job.name",
)  # fmt: skip


class _Record(Struct, frozen=True, gc=False, rename="camel"):
    time_unix_nano: UInt64 = 0
    observed_time_unix_nano: UInt64 = 0
    severity_text: str | None = ""
    body: AnyValue | None = None
    attributes: Raw = Raw()


class _ScopeLogs(Struct, frozen=True, gc=False, rename="camel"):
    log_records: list[_Record] | None = None


class _ResourceLogs(Struct, frozen=True, gc=False, rename="camel"):
    resource: Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None


class _Request(Struct, frozen=True, gc=False, rename="camel"):
    resource_logs: list[_ResourceLogs] | None = None


_decoder: Decoder[_Request] = Decoder(_Request)


def read_logs_json(body: bytes) -> list[LogLine]:
    """Read a push of OTLP logs in JSON.

    Raises:
        PushRefused: when Loki would have refused it.
    """
    return list(_lines(decoded(_decoder, body, what=Wire.OTLP_LOGS_JSON)))


def read_logs_protobuf(body: bytes) -> list[LogLine]:
    """Read a push of OTLP logs in protobuf, by way of its JSON.

    Raises:
        PushRefused: when Loki would have refused it.
    """
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
        text = json_format.MessageToJson(request, indent=None, ensure_ascii=False)
    except (message.DecodeError, json_format.Error) as error:
        raise PushRefused(f"{Wire.OTLP_LOGS_PROTOBUF}: {error}.") from error
    return list(_lines(decoded(_decoder, text.encode(), what=Wire.OTLP_LOGS_PROTOBUF)))


def _lines(request: _Request) -> Iterator[LogLine]:
    for sent in request.resource_logs or ():
        resource = texts((sent.resource or Resource()).attributes, of="the resource")
        stream = {label_name(key): text for key, text in resource.items() if key in _STREAM_ATTRIBUTES and text}
        stream.setdefault("service_name", WITHOUT_A_NAME)
        others = {key: text for key, text in resource.items() if key not in _STREAM_ATTRIBUTES}
        for scope in sent.scope_logs or ():
            for record in scope.log_records or ():
                yield _line(record, stream=stream, others=others)


def _line(record: _Record, *, stream: dict[str, str], others: dict[str, str]) -> LogLine:
    nanoseconds = int(record.time_unix_nano) or int(record.observed_time_unix_nano)
    attributes = {**others, **texts(record.attributes, of="a log record")}
    metadata = {label: text for key, text in attributes.items() if (label := label_name(key)) and text}
    if record.severity_text:
        metadata["severity_text"] = record.severity_text
    return LogLine(stream, nanoseconds / 10**9, text_of(record.body), metadata)
