"""Protobuf messages that no package ships, described in a few words and decoded by protobuf's own library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory  # type: ignore[import-untyped]

from harness.telemetry.pushes import PushRefused

Fields = Mapping[str, tuple[int, str]]
"""What a message has: for each field its number and its type, such as `string` or `repeated Label`."""

_Field = descriptor_pb2.FieldDescriptorProto


def message_types(package: str, messages: Mapping[str, Fields]) -> Mapping[str, Any]:
    """Make message classes.

    Args:
        package: what they are of; a type that is no scalar is another message of it.
        messages: the fields of each message. A field that is not listed is passed over when it comes.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in messages.items():
        described = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            described.field.append(_described(field, number, kind, package=package))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


def parsed(kind: Any, body: bytes, *, what: str) -> Any:  # noqa: ANN401 - protobuf's classes have no types
    """Decode a message.

    Raises:
        PushRefused: when it is none.
    """
    try:
        return kind.FromString(body)
    except message.DecodeError as error:
        raise PushRefused(f"{what}: {error}.") from error


def _described(name: str, number: int, kind: str, *, package: str) -> Any:  # noqa: ANN401 - as above
    repeated, _, plain = kind.rpartition(" ")
    field = _Field(name=name, number=number, label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL)
    scalar = getattr(_Field, f"TYPE_{plain.upper()}", None)
    if scalar is None:
        field.type_name = f".{package}.{plain}"
    else:
        field.type = scalar
    return field
