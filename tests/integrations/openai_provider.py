"""A provider in this process, below the real client and models of OpenAI."""

import json
import re
from typing import Any

import httpx2
from agents import OpenAIChatCompletionsModel, OpenAIResponsesModel
from openai import AsyncOpenAI


class Provider:
    """Answers chats and responses: a call of the tool, then what came of it."""

    def __init__(self) -> None:
        self.systems: list[str] = []
        self.error: Exception | None = None
        transport = httpx2.MockTransport(self.answer)
        client = AsyncOpenAI(
            api_key="any",
            max_retries=0,
            http_client=httpx2.AsyncClient(transport=transport),
        )
        self.chats = OpenAIChatCompletionsModel("gpt-4o", client)
        self.responses = OpenAIResponsesModel("gpt-4o", client)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.error:
            raise self.error
        body = json.loads(request.content)
        if request.url.path.endswith("/responses"):
            return httpx2.Response(200, json=self.response(body))
        return httpx2.Response(200, json=self.chat(body))

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        first, *_, last = body["messages"]
        self.systems.append(first["content"])
        message: dict[str, Any] = {"role": "assistant", "content": None}
        if last["role"] == "tool":
            message["content"] = f"It is {last['content']}."
        else:
            function = {"name": "add", "arguments": arguments(last["content"])}
            call = {"id": "c1", "type": "function", "function": function}
            message["tool_calls"] = [call]
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
        about = {"id": "1", "object": "chat.completion", "created": 0}
        return {**about, "model": "gpt-4o", "choices": [choice], "usage": usage}

    def response(self, body: dict[str, Any]) -> dict[str, Any]:
        self.systems.append(body["instructions"])
        last = body["input"][-1]
        if last.get("type") == "function_call_output":
            text = {"type": "output_text", "text": f"It is {last['output']}."}
            item: dict[str, Any] = {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "status": "completed",
                "content": [text | {"annotations": []}],
            }
        else:
            call = {"type": "function_call", "call_id": "c1", "name": "add"}
            item = call | {"arguments": arguments(last["content"])}
        usage = {
            "input_tokens": 1000,
            "output_tokens": 10,
            "total_tokens": 1010,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        about = {"id": "r", "object": "response", "created_at": 0, "tools": []}
        options = {"parallel_tool_calls": True, "tool_choice": "auto"}
        said = {"model": "gpt-4o", "output": [item], "usage": usage}
        return {**about, **options, **said}


def arguments(problem: str) -> str:
    a, b = re.findall(r"\d+", problem)
    return json.dumps({"a": int(a), "b": int(b)})
