"""The OpenAPI document of the door, made from the messages that it takes."""

from collections.abc import Collection
from importlib.metadata import version
from typing import Any, Final

from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.base import Message
from pilotfish.schemas.events import AttemptEnded
from pilotfish.web.advice import DEADLINE, DEADLINE_MS, MAX_DEADLINE_MS, Advice
from pilotfish.web.attempts import MOST_AT_ONCE, VERBS, Verb
from pilotfish.web.messages import JSON
from pilotfish.web.refusals import LOGS_PATH, PROTOBUF, TRACES_PATH

_REFERENCE: Final = "#/components/schemas/{model}"
_PUBLISHED: Final = {
    "type": "object",
    "required": ["attempt_id", "event_ids"],
    "properties": {
        "attempt_id": {"type": "string"},
        "event_ids": {"type": "array", "items": {"type": "string"}},
    },
}
_REFUSED: Final = {
    "type": "object",
    "required": ["reason"],
    "properties": {"reason": {"type": "string"}, "field": {"type": "string"}},
}
_STATUSES: Final = {
    "400": "The body is not JSON, or no OTLP request",
    "401": "The token is unknown",
    "413": "The body is too large",
    "415": "The content type or encoding is unknown",
    "422": "A field cannot be taken: `field` and `reason` say which, and why",
    "429": "Too much at one time: retry after `Retry-After` seconds",
    "503": "Kafka does not answer: retry after `Retry-After` seconds",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string"},
    "description": "A retry with the same key, path and body counts once",
}


def document() -> dict[str, Any]:
    """Return the document, as JSON of OpenAPI 3.1."""
    parts: dict[str, Any] = {"Published": _PUBLISHED, "Refused": _REFUSED}
    paths = {
        TRACES_PATH: {"post": _exported("spans", "ExportTraceServiceResponse")},
        LOGS_PATH: {"post": _exported("log records", "ExportLogsServiceResponse")},
    }
    hint = _reference(HintGiven, (), parts)
    paths["/v1/advice"] = {"post": _operation("Ask for advice", _asked(parts), hint)}
    for verb in VERBS:
        paths[verb.path.replace(":path", "")] = {"post": _verb(verb, parts)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "pilotfish", "version": version("pilotfish")},
        "paths": paths,
        "components": {
            "schemas": parts,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _asked(parts: dict[str, Any]) -> dict[str, Any]:
    reference = _reference(AdviceRequested, Advice.fixed, parts)
    fields = parts[AdviceRequested.schema_name()]["properties"]
    approaches = fields["approaches"]
    fields["approaches"] = {"anyOf": [approaches, {"type": "null"}]}
    fields[DEADLINE] = {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": MAX_DEADLINE_MS,
        "default": DEADLINE_MS,
        "description": "Milliseconds after which the answer is an abstention",
    }
    return reference


def _verb(verb: Verb, parts: dict[str, Any]) -> dict[str, Any]:
    body = _reference(verb.event, verb.fixed, parts, verb.optional)
    if verb.event is AttemptEnded:
        hint = _reference(HintGiven, (), parts)
        parts[AttemptEnded.schema_name()]["properties"]["hint"]["anyOf"].append(hint)
    if verb.many:
        bounds = {"minItems": 1, "maxItems": MOST_AT_ONCE}
        body = {"anyOf": [body, {"type": "array", "items": body, **bounds}]}
    answer = {"$ref": _REFERENCE.format(model="Published")}
    operation = _operation(verb.summary, body, answer, "202")
    operation["parameters"] = [_KEY]
    if "{" in verb.path:
        operation["parameters"] = [_KEY, _in_path("attempt_id")]
    return operation


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _operation(
    summary: str, body: dict[str, Any], answer: dict[str, Any], status: str = "200"
) -> dict[str, Any]:
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": {
            status: {"description": "Done", "content": {JSON: {"schema": answer}}},
            **_refusals(),
        },
    }


def _exported(what: str, answer: str) -> dict[str, Any]:
    any_body: dict[str, Any] = {"schema": {}}
    return {
        "summary": f"Export {what} by OTLP over HTTP, zipped or not",
        "requestBody": {
            "required": True,
            "content": {PROTOBUF: any_body, JSON: any_body},
        },
        "responses": {
            "200": {"description": f"{answer}: Kafka has what is needed of them"},
            **{status: {"description": why} for status, why in _STATUSES.items()},
        },
    }


def _refusals() -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model="Refused")}
    return {
        status: {"description": why, "content": {JSON: {"schema": schema}}}
        for status, why in _STATUSES.items()
    }


def _reference(
    message: type[Message],
    left_out: Collection[str],
    parts: dict[str, Any],
    optional: Collection[str] = (),
) -> dict[str, Any]:
    """Describe a message, without some of its fields, among the parts; return its place."""
    schema = message.model_json_schema(ref_template=_REFERENCE)
    parts.update(schema.pop("$defs", {}))
    for name in left_out:
        schema["properties"].pop(name)
    needed = set(schema.get("required", ())) - {*left_out, *optional}
    parts[message.schema_name()] = schema | {"required": sorted(needed)}
    return {"$ref": _REFERENCE.format(model=message.schema_name())}
