"""Encoding of messages as bytes and headers, and decoding."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from pydantic import ValidationError
from pydantic_core import to_json

from pilotfish.schemas.base import Message, RawMessage
from pilotfish.schemas.errors import SchemaError, UnknownVersionError
from pilotfish.schemas.topics import Topic
from pilotfish.schemas.upcasts import UPCASTS, Upcast

Headers = Iterable[tuple[str, bytes | str | None]]

_UPCAST_ERRORS = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""Errors that an upcast raises on malformed data."""


def encode(message: Message) -> bytes:
    """Return the message's value: compact JSON in UTF-8, or the body of a raw message."""
    return message.body if isinstance(message, RawMessage) else to_json(message)


def headers_of(message: Message) -> list[tuple[str, str | bytes | None]]:
    """Return the headers that name the message's schema and version.

    Those of a raw message have its fields, too.
    """
    headers: list[tuple[str, str | bytes | None]] = [
        ("schema", message.schema_name().encode()),
        ("version", str(message.schema_version).encode()),
    ]
    if isinstance(message, RawMessage):
        fields = message.model_dump(exclude={"body"})
        headers += [(name, text.encode()) for name, text in fields.items()]
    return headers


def decode(
    topic: Topic,
    value: bytes | None,
    headers: Headers | None,
    upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS,
) -> Message:
    """Decode one record of `topic`.

    Raises:
        UnknownVersionError: the headers name an unknown schema or version.
        SchemaError: the value is not a valid message, or larger than `topic` allows; the
            message names the field.
    """
    by_name = dict(headers or ())
    foreign = topic.messages[0]
    if "schema" not in by_name and _is_raw(foreign):
        by_name |= dict(headers_of(foreign(body=b"")))
    reader = _reader(topic, by_name.get("schema"), by_name.get("version"))
    if value is None:
        raise SchemaError("the record has no value")
    if len(value) > topic.max_bytes:
        raise SchemaError(
            f"the value has {len(value)} bytes, {topic.name} allows {topic.max_bytes}"
        )
    if reader.version != reader.schema.schema_version:
        value = _upcast(reader.schema, reader.version, value, upcasts)
    if _is_raw(reader.schema):
        return _raw(reader.schema, value, by_name)
    return reader.read(value)


def _is_raw(schema: type[Message]) -> TypeGuard[type[RawMessage]]:
    return issubclass(schema, RawMessage)


def _raw(schema: type[Message], body: bytes, headers: Mapping[str, Any]) -> Message:
    names = headers.keys() & schema.model_fields.keys()
    fields = {name: _text(headers[name]) for name in names}
    try:
        return schema.model_validate({**fields, "body": body})
    except ValidationError as error:
        raise SchemaError(first_problem(schema, error)) from error


class _Reader(NamedTuple):
    """How to read a value, according to its record's headers."""

    schema: type[Message]
    version: int
    required: frozenset[str]
    """Defaults of these fields would differ at each reading, and break replays."""

    def read(self, value: bytes) -> Message:
        try:
            message = self.schema.model_validate_json(value)
        except ValidationError as error:
            raise SchemaError(first_problem(self.schema, error)) from error
        if not self.required <= message.model_fields_set:
            missing = min(self.required - message.model_fields_set)
            raise SchemaError(f"{self.schema.schema_name()}.{missing}: Field required")
        return message


@lru_cache(maxsize=256)
def _reader(
    topic: Topic, schema: bytes | str | None, version: bytes | str | None
) -> _Reader:
    """Interpret the headers; cached, because a topic has only a few combinations."""
    message = _schema(topic, _text(schema))
    number = _version(message, _text(version))
    return _Reader(message, number, message.made_at_creation())


def _text(header: bytes | str | None) -> str:
    if isinstance(header, bytes):
        return header.decode("utf-8", "replace")
    return header or ""


def _schema(topic: Topic, name: str | None) -> type[Message]:
    if not name:
        raise SchemaError("the record has no `schema` header")
    for message in topic.messages:
        if message.schema_name() == name:
            return message
    allowed = ", ".join(message.schema_name() for message in topic.messages)
    raise UnknownVersionError(
        f"schema {name[:80]!r} does not belong in {topic.name}, which has {allowed}"
    )


def _version(schema: type[Message], text: str | None) -> int:
    newest = schema.schema_version
    if not (text and text.isascii() and text.isdigit() and len(text) < 6):
        raise SchemaError(
            f"the `version` header is {(text or '')[:20]!r}, not a number"
        )
    if not 1 <= int(text) <= newest:
        raise UnknownVersionError(
            f"{schema.schema_name()} version {text} is unknown to this pilotfish "
            f"(newest: {newest}); upgrade it"
        )
    return int(text)


def _object(name: str, value: bytes) -> dict[str, Any]:
    try:
        data = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{name}: the value is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise SchemaError(f"{name}: the value is not a JSON object")
    return data


def _upcast(
    schema: type[Message],
    version: int,
    value: bytes,
    upcasts: Mapping[tuple[str, int], Upcast],
) -> bytes:
    name = schema.schema_name()
    data = _object(name, value)
    steps = [upcasts[name, step] for step in range(version, schema.schema_version)]
    try:
        for step in steps:
            data = step(data)
        return json.dumps(data).encode()
    except _UPCAST_ERRORS as error:
        # Steps run before validation, so they may fail on any data.
        reason = f"{type(error).__name__}: {error}"
        raise SchemaError(f"{name} version {version} is malformed: {reason}") from error


def first_problem(schema: type[Message], error: ValidationError) -> str:
    """Return the first wrong field and the reason, without the field's value."""
    path, reason = wrong_field(error)
    field = path[:200]  # the sender chose the names of unknown fields
    return f"{schema.schema_name()}{'.' + field if field else ''}: {reason}"


def wrong_field(error: ValidationError) -> tuple[str, str]:
    """Return the path to the first wrong field, and what is wrong with it."""
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    return ".".join(str(part) for part in wrong[0]["loc"]), wrong[0]["msg"]
