"""Messages that the GenAI conventions up to 1.41 kept in events of a span.

First an event for each message, then one event with attributes as they are now on the span.
"""

from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping
from pilotfish.traces.span import Span

_ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE: Final = "gen_ai.choice"
_DETAILS: Final = (
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
)


def attributes_in_events(span: Span) -> dict[str, JsonValue]:
    """Return the attributes that the events of a span stand for."""
    if span.attributes.get("gen_ai.operation.name") == "execute_tool":
        return _tool_call(span)
    told: dict[str, JsonValue] = {}
    given: list[JsonValue] = []
    said: list[JsonValue] = []
    for event in span.events:
        role = _ROLES.get(event.name)
        if role:
            given.append({"role": role, **_with_call_id(event.attributes)})
        elif event.name == _CHOICE:
            said.append({"role": "assistant", **_choice(event.attributes)})
        elif event.name in _DETAILS:
            told |= event.attributes
    if given:
        told["gen_ai.input.messages"] = given
    if said:
        told["gen_ai.output.messages"] = said
    return told


def _tool_call(span: Span) -> dict[str, JsonValue]:
    """Return what a tool was called with and returned: Strands tells it in such events."""
    told: dict[str, JsonValue] = {}
    for event in span.events:
        if event.name == "gen_ai.tool.message":
            told["gen_ai.tool.call.arguments"] = event.attributes.get("content")
        elif event.name == _CHOICE:
            told["gen_ai.tool.call.result"] = event.attributes.get("message")
    return told


def _choice(attributes: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields of a choice, whose message may be only its content."""
    said = attributes.get("message")
    return attributes if mapping(said) else {"content": said, **attributes}


def _with_call_id(attributes: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields of a message; that of a tool has the id of its call as `id`."""
    return {"tool_call_id": attributes.get("id"), **attributes}
