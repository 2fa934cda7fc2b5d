"""The hint in the system prompt of a call of a model."""

from typing import Any

from langchain.agents.middleware import ModelRequest
from langchain_core.messages import SystemMessage

from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text


def with_hint(request: ModelRequest[Any]) -> ModelRequest[Any]:
    """Return the request with the hint that is in the graph's state, if there is one."""
    hint = read(request.state, "pilotfish_hint")
    if not hint:
        return request
    system = request.system_message or SystemMessage("")
    content = system.content
    if isinstance(content, str):
        longer: Any = f"{content}\n\n{hint}".strip()
    else:
        longer = [*content, {"type": "text", "text": as_text(hint)}]
    return request.override(
        system_message=system.model_copy(update={"content": longer})
    )
