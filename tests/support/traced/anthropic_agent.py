"""The tool runner of Anthropic's client, with a provider in this process below it.

It runs in an environment of its own: see recordings/record_anthropic.py.
"""

from typing import Any

import httpx2
from anthropic import Anthropic, beta_tool  # pyright: ignore[reportMissingImports]

_MODEL = "claude-sonnet-4-5"
_TEXT = {"type": "text", "text": "Let me see."}
_CALL = {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1, "b": 2}}
_ANSWER = {"type": "text", "text": "It is 3"}
_USAGE = {"input_tokens": 200, "cache_read_input_tokens": 1000, "output_tokens": 34}


@beta_tool
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


class _Provider:
    """Has the tool called, and then answers or refuses."""

    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._asked = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self._asked += 1
        if self._asked == 1:
            return self._said("tool_use", _TEXT, _CALL)
        if not self._fault:
            return self._said("end_turn", _ANSWER)
        error = {"type": "invalid_request_error", "message": self._fault}
        return httpx2.Response(400, json={"type": "error", "error": error})

    def _said(self, stopped: str, *content: dict[str, Any]) -> httpx2.Response:
        about = {"id": f"m{self._asked}", "type": "message", "role": "assistant"}
        said = {"content": content, "stop_reason": stopped, "usage": _USAGE}
        return httpx2.Response(200, json={**about, "model": _MODEL, **said})


def ask(question: str, fault: str) -> None:
    """Ask; a tool's exception goes to the model, so the provider refuses instead."""
    client = Anthropic(
        api_key="any",
        http_client=httpx2.Client(transport=httpx2.MockTransport(_Provider(fault))),
        open_telemetry={"traces": {"content_mode": "content"}},
    )
    runner = client.beta.messages.tool_runner(
        model=_MODEL,
        max_tokens=100,
        messages=[{"role": "user", "content": question}],
        tools=[add],
    )
    runner.until_done()
