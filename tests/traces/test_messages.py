"""Messages in the forms in which they are written down."""

import json
from typing import Any

import pytest

from pilotfish.traces.message_parts import ToolCall, ToolResult
from pilotfish.traces.messages import ChatMessage, messages

CALL = ToolCall("c1", "add", '{"a": 1}')


def assistant(text: str = "", *calls: ToolCall) -> ChatMessage:
    return ChatMessage("assistant", text, calls)


def result(content: str) -> ChatMessage:
    return ChatMessage("tool", results=(ToolResult("c1", content),))


FORMS: dict[str, tuple[Any, list[ChatMessage]]] = {
    "parts": (
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "1+1?"}]},
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "not said"},
                    {"type": "text", "content": "Adding."},
                    {
                        "type": "tool_call",
                        "id": "c1",
                        "name": "add",
                        "arguments": {"a": 1},
                    },
                ],
                "finish_reason": "tool_call",
            },
            {
                "role": "tool",
                "parts": [{"type": "tool_call_response", "id": "c1", "response": 2}],
            },
        ],
        [
            ChatMessage("system", "Be brief."),
            ChatMessage("user", "1+1?"),
            assistant("Adding.", CALL),
            result("2"),
        ],
    ),
    "parts of 1.41": (
        [
            {
                "role": "user",
                "parts": [{"type": "tool_call_response", "id": "c1", "result": "2"}],
            }
        ],
        [ChatMessage("user", results=(ToolResult("c1", "2"),))],
    ),
    "parts that nobody knows": (
        [
            {
                "role": "user",
                "parts": [
                    {"type": "blob", "mime_type": "image/png", "content": "aGk="},
                    {"type": "uri", "uri": "s3://b/k"},
                    {"type": "something_new", "content": "x"},
                    {"content": "and this"},
                    7,
                    None,
                ],
            }
        ],
        [ChatMessage("user", "and this")],
    ),
    "fields of wrong types": (
        [
            {
                "role": 7,
                "parts": {"type": "text", "content": "oops"},
                "finish_reason": 0,
            },
            {"role": "assistant", "parts": [{"type": "generic", "generic_type": 1}]},
            {"parts": [{"type": "tool_call", "id": 3, "name": None}]},
            12,
            None,
        ],
        [assistant("oops"), assistant(), assistant()],
    ),
    "OpenAI's chat": (
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "1+1?"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "add", "arguments": '{"a": 1}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "2"},
        ],
        [
            ChatMessage("system", "Be brief."),
            ChatMessage("user", "1+1?"),
            assistant("", CALL),
            result("2"),
        ],
    ),
    "OpenAI's responses": (
        [
            {"role": "user", "content": [{"type": "input_text", "text": "1+1?"}]},
            {
                "type": "function_call",
                "id": "f1",
                "call_id": "c1",
                "name": "add",
                "arguments": '{"a": 1}',
            },
            {"type": "function_call_output", "call_id": "c1", "output": "2"},
        ],
        [ChatMessage("user", "1+1?"), assistant("", CALL), result("2")],
    ),
    "Bedrock's blocks": (
        [
            {"role": "user", "content": '[{"text": "1+1?"}]'},
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "not said"}}},
                    {"text": "Adding."},
                    {
                        "toolUse": {
                            "toolUseId": "c1",
                            "name": "add",
                            "input": {"a": 1},
                        }
                    },
                ],
            },
            {
                "role": "tool",
                "content": [
                    {"toolResult": {"toolUseId": "c1", "content": [{"text": "2"}]}}
                ],
            },
        ],
        [ChatMessage("user", "1+1?"), assistant("Adding.", CALL), result("2")],
    ),
    "Anthropic's blocks": (
        [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "not said"},
                    {"type": "text", "text": "Adding."},
                    {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": "2"}
                ],
            },
        ],
        [
            assistant("Adding.", CALL),
            ChatMessage("user", results=(ToolResult("c1", "2"),)),
        ],
    ),
    "LangChain's": (
        [
            [
                {"type": "human", "data": {"content": "1+1?", "type": "human"}},
                {
                    "lc": 1,
                    "type": "constructor",
                    "kwargs": {
                        "type": "ai",
                        "content": "Adding.",
                        "tool_calls": [
                            {
                                "name": "add",
                                "args": {"a": 1},
                                "id": "c1",
                                "type": "tool_call",
                            }
                        ],
                    },
                },
                {"type": "tool", "data": {"content": "2", "tool_call_id": "c1"}},
            ]
        ],
        [ChatMessage("user", "1+1?"), assistant("Adding.", CALL), result("2")],
    ),
    "OpenInference's": (
        [
            {
                "message": {
                    "role": "user",
                    "contents": {"0": {"message_content": {"text": "1+1?"}}},
                }
            },
            {
                "message": {
                    "role": "assistant",
                    "tool_calls": {
                        "0": {
                            "tool_call": {
                                "id": "c1",
                                "function": {"name": "add", "arguments": '{"a": 1}'},
                            }
                        }
                    },
                }
            },
        ],
        [ChatMessage("user", "1+1?"), assistant("", CALL)],
    ),
    "a text": ("Hello", [assistant("Hello")]),
    "a list as a text of a user": (
        [{"role": "user", "content": '["sort", "these"]'}],
        [ChatMessage("user", '["sort", "these"]')],
    ),
    "nothing": (None, []),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "encoded"])
def test_a_conversation_is_read(form: str, encoded: bool) -> None:
    written, read = FORMS[form]
    if encoded and isinstance(written, list):
        written = json.dumps(written)
    assert list(messages(written, "assistant")) == read
