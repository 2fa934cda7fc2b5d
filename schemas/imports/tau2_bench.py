"""Results of tau2-bench, and of tau3-bench: all simulations in one file, or one in each."""

from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields, Found
from pilotfish.schemas.imports.chat import conversation
from pilotfish.schemas.imports.format import Format, Sample, Source, of_attempts
from pilotfish.schemas.imports.values import count, mappings, name, number
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "tau2-bench"
_INFRASTRUCTURE: Final = "infrastructure_error"


def _is_this(sample: Sample) -> bool:
    return any(_simulations(mapping(record)) for record in sample.records)


def _simulations(record: dict[str, Any]) -> list[dict[str, Any]]:
    within = [record, *mappings(record.get("simulations"))]
    return [one for one in within if one.keys() >= {"task_id", "termination_reason"}]


def _attempts(source: Source) -> Iterator[Found]:
    for record in source.records():
        whole = mapping(record.value)
        agent = mapping(mapping(whole.get("info")).get("agent_info"))
        for number_of, simulation in enumerate(_simulations(whole), 1):
            place = f"{record.place}, simulation {number_of}"
            yield Found(place, _attempt(simulation, agent))


def _attempt(simulation: dict[str, Any], agent: dict[str, Any]) -> Fields:
    messages = list(_messages(simulation))
    reason = name(simulation.get("termination_reason"))
    failed = reason == _INFRASTRUCTURE
    reward = mapping(simulation.get("reward_info")).get("reward")
    verdict = {"kind": "verifier", "value": reward, "detail": "reward", "key": "reward"}
    return {
        **conversation(map(_as_chat, messages)),
        "id": simulation.get("id"),
        "agent": agent.get("implementation"),
        "model": agent.get("llm"),
        "at": simulation.get("start_time"),
        "ended_at": simulation.get("end_time"),
        "attributes": {"task_id": str(simulation["task_id"])},
        "cost": number(simulation.get("agent_cost")) or None,
        "tokens": sum(map(_tokens, messages)) or None,
        "signals": [] if failed or reward is None else [verdict],
        "status": "infrastructure" if failed else "unknown",
        "reason": reason,
    }


def _messages(simulation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the messages without what the simulated user does with tools of its own."""
    for outer in mappings(simulation.get("messages")):
        for message in mappings(outer.get("tool_messages")) or [outer]:
            by_user = message.get("requestor") == "user" or (
                message.get("role") == "user" and not message.get("content")
            )
            if not by_user:
                yield message


def _as_chat(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as OpenAI's chat API has it."""
    calls = [
        {"id": call.get("id"), "function": call}
        for call in mappings(message.get("tool_calls"))
    ]
    return {**message, "tool_calls": calls, "tool_call_id": message.get("id")}


def _tokens(message: dict[str, Any]) -> int:
    """Return the tokens of the agent's model; the simulated user has one, too."""
    used = mapping(message.get("usage")) if message.get("role") == "assistant" else {}
    return count(used.get("prompt_tokens")) + count(used.get("completion_tokens"))


FORMAT: Final = Format(
    _NAME, "results of tau2-bench", _is_this, of_attempts(_NAME, _attempts)
)
