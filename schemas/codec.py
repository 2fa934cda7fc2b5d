"""Messages to bytes and headers, and back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from pilotfish.schemas.base import Message
from pilotfish.schemas.errors import SchemaError, UnknownVersionError
from pilotfish.schemas.topics import TOPICS, Topic
from pilotfish.schemas.upcasts import UPCASTS, Upcast

Headers = Iterable[tuple[str, bytes | str | None]]

_BY_TOPIC: dict[str, dict[str, type[Message]]] = {
    topic.name: {message.schema_name(): message for message in topic.messages}
    for topic in TOPICS
}


def encode(message: Message) -> bytes:
    """Return the message's value as compact JSON in UTF-8."""
    return to_json(message)


def headers_of(message: Message) -> list[tuple[str, str | bytes | None]]:
    """Return the headers that name the message's schema and version."""
    return [
        ("schema", message.schema_name().encode()),
        ("version", str(message.schema_version).encode()),
    ]


def decode(
    topic: Topic,
    value: bytes | None,
    headers: Headers | None,
    upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS,
) -> Message:
    """Read one record of `topic`.

    Raises:
        UnknownVersionError: the headers name a schema or version unknown here.
        SchemaError: the value is not such a message; the text says where.
    """
    named = {name: _text(header) for name, header in headers or ()}
    schema = _schema(topic, named.get("schema"))
    version = _version(schema, named.get("version"))
    if value is None:
        raise SchemaError("the record has no value")
    try:
        if version == schema.schema_version:
            return schema.model_validate_json(value)
        data = _upcast(schema, version, _object(value), upcasts)
        return schema.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise SchemaError(_first_problem(schema, error)) from error


def _text(header: bytes | str | None) -> str:
    if isinstance(header, bytes):
        return header.decode("utf-8", "replace")
    return header or ""


def _schema(topic: Topic, name: str | None) -> type[Message]:
    known = _BY_TOPIC[topic.name]
    if not name:
        raise SchemaError("the record has no `schema` header")
    if name not in known:
        raise UnknownVersionError(
            f"schema {name[:80]!r} does not belong in {topic.name}; "
            f"known are {', '.join(known)}"
        )
    return known[name]


def _version(schema: type[Message], text: str | None) -> int:
    newest = schema.schema_version
    if not (text and text.isascii() and text.isdigit() and len(text) < 6):
        raise SchemaError(f"the `version` header is {(text or '')[:20]!r}, no number")
    if not 1 <= int(text) <= newest:
        raise UnknownVersionError(
            f"{schema.schema_name()} version {text} is not known here "
            f"(newest: {newest}); upgrade this pilotfish"
        )
    return int(text)


def _object(value: bytes) -> dict[str, Any]:
    try:
        data = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise SchemaError("not a JSON object")
    return data


def _upcast(
    schema: type[Message],
    version: int,
    data: dict[str, Any],
    upcasts: Mapping[tuple[str, int], Upcast],
) -> dict[str, Any]:
    for step in range(version, schema.schema_version):
        data = upcasts[schema.schema_name(), step](data)
    return data


def _first_problem(schema: type[Message], error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in first[0]["loc"])
    return f"{schema.schema_name()}{'.' + place if place else ''}: {first[0]['msg']}"
