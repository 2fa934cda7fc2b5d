"""What PydanticAI's contexts and responses say of an attempt."""

from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelRequest, ModelResponse, UserPromptPart

from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import ModelCall
from pilotfish.schemas.prices import Tokens


def problem_of(ctx: RunContext[Any]) -> str:
    """Return the prompt of a run; the last one of its history, if it has none."""
    prompts = (
        _text(part.content)
        for message in reversed(ctx.messages)
        if isinstance(message, ModelRequest)
        for part in reversed(message.parts)
        if isinstance(part, UserPromptPart)
    )
    return _text(ctx.prompt) or next(prompts, "")


def _text(prompt: Any) -> str:
    if prompt is None or isinstance(prompt, str):
        return prompt or ""
    return "\n".join(part for part in prompt if isinstance(part, str))


def model_call(response: ModelResponse, outputs: set[str], seconds: float) -> ModelCall:
    """Return one call of a model; `outputs` are the tools that give the run its output."""
    calls = [(call.tool_name, call.args) for call in response.tool_calls]
    usage = response.usage
    return ModelCall(
        model=response.model_name or "",
        text=response.text or (as_text(calls) if calls else ""),
        is_answer=all(name in outputs for name, _ in calls),
        tokens=Tokens(
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
        ),
        duration_s=seconds,
    )
