"""A dialect: how one convention names what a span tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "agent",
    "model",
    "tool",
    "retrieval",
    "embedding",
    "evaluation",
    "guardrail",
    "workflow",  # an agent, or what only stands around agents
    "other",  # a chain, a task, a node of a graph: it groups others
]

Fact = Literal[
    "agent_name",
    "agent_version",
    "arguments",  # of a tool
    "cached_tokens",  # read from the provider's cache; among the tokens in
    "call_id",  # of a tool call, as the model gave it
    "conversation",  # of an agent: all messages, its own among them
    "cost",  # in dollars, as are its parts
    "cost_in",
    "cost_out",
    "documents",  # what a retrieval returned
    "error_type",
    "evaluations",
    "exit_code",
    "input",  # of an agent, a chain or a tool, in any form
    "input_messages",
    "metadata",
    "model",
    "output",
    "output_messages",
    "provider",
    "query",  # of a retrieval
    "result",  # of a tool
    "session",
    "skill",  # that a tool loaded, or read a file of
    "tokens",
    "tokens_in",
    "tokens_out",
    "tool_calls",  # that a model asked for, where they are not in its messages
    "tool_name",
    "user",
    "written_tokens",  # written to the provider's cache; among the tokens in
]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The tables of a convention.

    Args:
        kinds: the attributes that tell the kind of operation, and what their values mean.
        facts: what an attribute tells; of two that tell the same, the first counts.
        lists: attributes that hold a list, whole or as one attribute for each part and
            field: `llm.input_messages.0.message.role`.
        metadata: prefixes of attributes that people chose.
    """

    kinds: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    lists: Mapping[str, Fact] = field(default_factory=dict)
    metadata: tuple[str, ...] = ()
