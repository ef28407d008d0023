"""The wire of AWS: JSON for ECS, forms and XML for the others, as botocore's models describe each operation.

moto reads and writes it from those models; what an operation means is none of this file's business. The signature of
a call is not checked: its access key only says who calls, and its service where it goes. Every region is this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict

from harness.aws import cloudformation, ecs, elbv2, route53, sts
from harness.aws.scene import Operation, Refusal

SERVICES: Mapping[str, tuple[str, Mapping[str, Operation]]] = {
    "route53": ("route53", route53.OPERATIONS),
    "elasticloadbalancing": ("elbv2", elbv2.OPERATIONS),
    "ecs": ("ecs", ecs.OPERATIONS),
    "cloudformation": ("cloudformation", cloudformation.OPERATIONS),
    "sts": ("sts", sts.OPERATIONS),
}
"""By the name that a call is signed for: what botocore calls the service, and what it can do here."""

_SIGNED = re.compile(r"Credential=(?P<who>[^/,\s]{1,128})/\d{8}/[\w-]+/(?P<service>[\w-]+)/aws4_request")
_BAD_PARAMETER = {"ecs": "InvalidParameterException", "route53": "InvalidInput"}
_REFUSED = {"ecs": "UnsupportedFeatureException", "route53": "InvalidInput", "elbv2": "OperationNotPermitted"}


@dataclass(frozen=True, slots=True)
class Sent:
    """An HTTP request."""

    method: str
    """GET or POST."""
    path: str
    """Of the URL, without the query."""
    query: tuple[tuple[str, str], ...]
    """What the URL asks, in order."""
    headers: Mapping[str, str]
    """By name, in lower case."""
    form: tuple[tuple[str, str], ...]
    """The fields of the body, where it is a form."""
    body: bytes
    """As it came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply."""

    status: int
    """Of HTTP."""
    body: str
    """JSON or XML."""
    content_type: str
    """Which of the two."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of AWS, understood."""

    service: str
    """What botocore calls it: `elbv2`."""
    model: Any
    """botocore's model of the operation."""
    perform: Operation
    """What it means here."""
    asked: Mapping[str, Any]
    """What was given, of the types that the model says."""
    who: str
    """The access key, which is whatever name somebody chose."""

    @property
    def title(self) -> str:
        """What the command line calls it: `elbv2 create-load-balancer`."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "-", str(self.model.name)).lower()
        return f"{self.service} {words}"

    def reply(self, answer: Mapping[str, Any] | Refusal) -> Reply:
        """Write an answer, or a refusal, the way this operation is answered."""
        return _written(self.service, self.model, answer)


def read(sent: Sent) -> Call | Reply:
    """Understand a call; one that cannot be understood is answered at once."""
    signed = _SIGNED.search(sent.headers.get("authorization", ""))
    if signed is None:
        return _unreadable(403, "MissingAuthenticationToken", "Sign the call: give any two AWS credentials.")
    if signed["service"] not in SERVICES:
        known = "route53, elbv2, ecs, cloudformation and sts"
        return _unreadable(501, "NotImplemented", f"{signed['service']} is none of what runs here: {known}.")
    service, operations = SERVICES[signed["service"]]
    name, place = _operation(service, sent)
    try:
        return _understood(sent, service=service, name=name, place=place, who=signed["who"])
    except Refusal as refusal:
        model = get_service_model(service).operation_model(next(iter(operations)))
        return _written(service, model, refusal)


def _understood(sent: Sent, *, service: str, name: str, place: Mapping[str, str], who: str) -> Call:
    operations = SERVICES[get_service_model(service).signing_name][1]
    if name not in operations:
        can = ", ".join(sorted(operations))
        code = _REFUSED.get(service, "ValidationError")
        raise Refusal(code, f"{name or 'that'} cannot be done here. What can, of {service}: {can}.")
    model = get_service_model(service).operation_model(name)
    asked = _parsed(sent, model, place=place)
    complaints = ParamValidator().validate(asked, model.input_shape) if model.input_shape else None
    if complaints is not None and complaints.has_errors():
        raise Refusal(_BAD_PARAMETER.get(service, "ValidationError"), complaints.generate_report())
    return Call(service, model, operations[name], asked, who)


def _parsed(sent: Sent, model: OperationModel, *, place: Mapping[str, str]) -> dict[str, Any]:
    parser = PROTOCOL_PARSERS[model.service_model.protocol](model)
    try:
        parsed = parser.parse(
            {
                "method": sent.method,
                "values": MultiDict((*sent.query, *sent.form)),
                "headers": Headers(dict(sent.headers)),
                "body": sent.body,
                "url_path": sent.path,
                "url_params": dict(place),
            }
        )
    except Exception as error:  # whatever a reader of JSON, XML or numbers raises: what was sent makes no sense
        code = _BAD_PARAMETER.get(model.service_model.service_name, "ValidationError")
        raise Refusal(code, f"the call cannot be read: {error}") from error
    return {name: value for name, value in parsed.items() if value is not None}


def _operation(service: str, sent: Sent) -> tuple[str, Mapping[str, str]]:
    """Name the operation, and what its path says."""
    if service != "route53":
        target = sent.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or dict((*sent.query, *sent.form)).get("Action", ""), {}
    for name, method, pattern in _paths():
        found = pattern.fullmatch(sent.path)
        if found is not None and method == sent.method:
            return name, found.groupdict()
    return "", {}


@cache
def _paths() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    model = get_service_model("route53")
    ways = ((name, model.operation_model(name).http) for name in route53.OPERATIONS)
    return tuple((name, http["method"], _pattern(http["requestUri"])) for name, http in ways)


def _pattern(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri.rstrip("/")) + "/?")


def _written(service: str, model: Any, answer: Mapping[str, Any] | Refusal) -> Reply:  # noqa: ANN401 - botocore's
    protocol = model.service_model.protocol
    serialized = get_serializer_class(service, protocol)(model).serialize(answer)
    content_type = serialized["headers"].get("Content-Type", "application/x-amz-json-1.1")
    status = {"NoSuchHostedZone": 404, "NoSuchChange": 404}.get(getattr(answer, "code", ""), serialized["status_code"])
    return Reply(status, _text(serialized["body"]), content_type)


def _text(body: str | bytes) -> str:
    return body.decode() if isinstance(body, bytes) else body


def _unreadable(status: int, code: str, message: str) -> Reply:
    said = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    return Reply(status, f"<ErrorResponse><Error>{said}</Error></ErrorResponse>", "text/xml")
