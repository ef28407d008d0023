"""OTLP attributes, and the labels that Prometheus makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw

from harness.telemetry.bodies import Wire, decoded
from harness.telemetry.naming import label_name
from harness.telemetry.otlp_shapes import AnyValue, attributes_decoder

IDENTITY = frozenset({"service.name", "service.namespace", "service.instance.id"})
"""The resource attributes that become `job` and `instance`."""


class Unfit(Exception):
    """Raised for a metric that was understood and cannot be stored."""


def texts(attributes: Raw, *, of: str) -> dict[str, str]:
    """Read attributes as texts, by key.

    Args:
        attributes: JSON, or nothing at all.
        of: whose they are, for the message.

    Raises:
        PushRefused: when they cannot be decoded.
    """
    if not bytes(attributes):
        return {}
    sent = decoded(attributes_decoder, attributes, what=f"{Wire.OTLP_JSON}, attributes of {of}") or ()
    return {attribute.key or "": text_of(attribute.value) for attribute in sent}


def labels(attributes: Mapping[str, str]) -> dict[str, str]:
    """Make labels of attributes: two that end up with one name are joined by `;`, and an empty one is none.

    Raises:
        Unfit: when nothing is left of a key.
    """
    made: dict[str, str] = {}
    for key, text in sorted(attributes.items()):
        label = label_name(key)
        if not label:
            raise Unfit(f"nothing is left of the attribute key {key[:80]!r}; a label needs a letter or a digit")
        made[label] = f"{made[label]};{text}" if label in made else text
    return {label: text for label, text in made.items() if text}


def identity(attributes: Mapping[str, str]) -> dict[str, str]:
    """Say who sends: `job` is the service's namespace and name, `instance` its instance id."""
    service, namespace = attributes.get("service.name", ""), attributes.get("service.namespace", "")
    job = f"{namespace}/{service}" if service and namespace else service
    found = {"job": job, "instance": attributes.get("service.instance.id", "")}
    return {label: text for label, text in found.items() if text}


def number(value: float) -> str:
    """Write a number as Go does: `0.005`, `10`, `+Inf`."""
    if math.isfinite(value):
        return format(Decimal(repr(value)).normalize(), "f")
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def text_of(value: AnyValue | None) -> str:
    """Write a value as a text: itself where it is one, JSON otherwise."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _plain(value: AnyValue | None) -> object:
    value = value or AnyValue()
    if value.bool_value is not UNSET:
        return value.bool_value
    if value.int_value is not UNSET:
        return int(value.int_value)
    if value.double_value is not UNSET:
        return number(float(value.double_value))
    if value.array_value:
        return [_plain(item) for item in value.array_value.values or ()]
    if value.kvlist_value:
        return {pair.key or "": _plain(pair.value) for pair in value.kvlist_value.values or ()}
    return value.string_value or value.bytes_value or ""
