"""A crew of one agent, traced by OpenInference.

It runs in an environment of its own, because CrewAI needs another `mcp` than pilotfish:
see recordings/record_crewai.py.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crewai import LLM, Agent, Crew, Task  # pyright: ignore[reportMissingImports]
from crewai.tools import tool  # pyright: ignore[reportMissingImports]
from support.traced.tool_time import TOOL_S

_USAGE = {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234}
_FUNCTION = {"name": "add", "arguments": '{"a": 1, "b": 2}'}
_CALL = {"id": "c1", "type": "function", "function": _FUNCTION}
_LOOK: dict[str, Any] = {"content": None, "tool_calls": [_CALL]}
_ANSWER: dict[str, Any] = {"content": "It is 3"}
_REFUSED = {"tool": (400, "no rows"), "model": (429, "slow down")}


class _Provider(ThreadingHTTPServer):
    """Says what it is given, and then refuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.said: list[dict[str, Any]] = []
        self.refused: tuple[int, str] = (400, "no rows")

    def answer(self) -> tuple[int, dict[str, Any]]:
        if not self.said:
            status, message = self.refused
            return status, {"error": {"message": message}}
        message = {"role": "assistant", **self.said.pop(0)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        common = {"id": "1", "object": "chat.completion", "created": 0}
        used = {"model": "gpt-4o-mini", "usage": _USAGE}
        return 200, {**common, **used, "choices": [choice]}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Provider)
        self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.answer()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@tool("add")
def add(a: int, b: int) -> int:
    """Add two numbers."""
    time.sleep(TOOL_S)
    return a + b


_PROVIDER = _Provider()
threading.Thread(target=_PROVIDER.serve_forever, daemon=True).start()


def ask(question: str, fault: str) -> None:
    """Ask; CrewAI gives a tool's exception to the model, so its provider refuses instead."""
    said = {"": [_LOOK, _ANSWER], "tool": [_LOOK], "model": []}
    _PROVIDER.said[:] = said[fault]
    _PROVIDER.refused = _REFUSED.get(fault, _PROVIDER.refused)
    url = f"http://127.0.0.1:{_PROVIDER.server_port}/v1"
    llm = LLM("openai/gpt-4o-mini", base_url=url, api_key="any", max_retries=0)
    agent = Agent(
        role="adder", goal="add numbers", backstory="You add.", tools=[add], llm=llm
    )
    task = Task(description=question, expected_output="a number", agent=agent)
    Crew(agents=[agent], tasks=[task]).kickoff()
