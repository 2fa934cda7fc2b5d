"""PydanticAI: a capability that asks before a run, puts the hint in, and records the run."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pilotfish._sdk.client import Client
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import (
    AgentRun,
    Conversations,
    ModelCall,
    Success,
    quietly,
)
from pilotfish.integrations.extras import requiring
from pilotfish.schemas.prices import Tokens

with requiring("pydantic-ai"):
    from pydantic_ai import AgentRunResult, DeferredToolRequests, RunContext
    from pydantic_ai.capabilities import AbstractCapability
    from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
    from pydantic_ai.messages import (
        InstructionPart,
        ModelMessage,
        ModelRequest,
        ModelResponse,
        UserPromptPart,
    )
    from pydantic_ai.models import ModelRequestContext

__all__ = ["PilotfishCapability"]

_CONVERSATIONS: Final = Conversations()


class PilotfishCapability(AbstractCapability[Any]):
    """Asks for advice when a run begins, and puts the hint into its instructions.

        agent = Agent(model, capabilities=[PilotfishCapability(pilot, APPROACHES)])

    Each run is an attempt, which `pilotfish.current_attempt()` returns in its tools. An
    exception that leaves the run is a failure. A run without a prompt, that goes on with
    tools which waited for a person, goes on with its conversation's attempt in the same
    process.

    Args:
        pilot: the client.
        approaches: names, each with one line of instruction; none: it only records.
        problem_type: your own name for the kind of problem.
        success: says of the run's output whether it is a success, or None where it cannot
            tell.
    """

    def __init__(
        self,
        pilot: Client,
        approaches: Mapping[str, str] | None = None,
        *,
        problem_type: str = "",
        success: Success | None = None,
    ) -> None:
        self._pilot = pilot
        self._approaches = approaches
        self._problem_type = problem_type
        self._success = success
        self._run: AgentRun | None = None

    async def for_run(self, ctx: RunContext[Any]) -> "PilotfishCapability":
        return PilotfishCapability(
            self._pilot,
            self._approaches,
            problem_type=self._problem_type,
            success=self._success,
        )

    async def wrap_run(self, ctx: RunContext[Any], *, handler: Any) -> Any:
        with quietly("the agent goes on without advice"):
            self._run = self._begin(ctx)
            if self._approaches:
                await self._run.ask_async(self._approaches)
        if self._run is None:
            return await handler()
        with self._run.attempt:
            result: AgentRunResult[Any] = await handler()
            if not isinstance(result.output, DeferredToolRequests):
                self._run.judge(self._success, result.output)
        return result

    async def before_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        if self._run is None or not self._run.hint:
            return request_context
        parameters = request_context.model_request_parameters
        part = InstructionPart(self._run.hint, dynamic=True)
        parts = [*(parameters.instruction_parts or []), part]
        return replace(
            request_context,
            model_request_parameters=replace(parameters, instruction_parts=parts),
        )

    async def wrap_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,
        handler: Any,
    ) -> ModelResponse:
        began = time.monotonic()
        response: ModelResponse = await handler(request_context)
        with quietly("a call of a model is not recorded"):
            if self._run is not None:
                tools = request_context.model_request_parameters.output_tools
                outputs = {tool.name for tool in tools}
                seconds = time.monotonic() - began
                self._run.model_call(_model_call(response, outputs, seconds))
        return response

    async def wrap_tool_execute(
        self, ctx: RunContext[Any], *, call: Any, args: Any, handler: Any, **_: Any
    ) -> Any:
        began = time.monotonic()
        try:
            result = await handler(args)
        except (ApprovalRequired, CallDeferred):
            raise  # It will be called again.
        except Exception as error:
            self._tool_call(call.tool_name, args, error, began)
            raise
        self._tool_call(call.tool_name, args, result, began)
        return result

    def _begin(self, ctx: RunContext[Any]) -> AgentRun:
        session = as_text(ctx.conversation_id)
        known = _CONVERSATIONS.attempt_id(session) if ctx.prompt is None else None
        if known is not None:
            return AgentRun(self._pilot.resume(known))
        problem = _text(ctx.prompt) or _problem(ctx.messages)
        run = AgentRun.begin(self._pilot, problem, self._problem_type, session=session)
        _CONVERSATIONS.note(session, run.attempt.id)
        return run

    def _tool_call(self, name: str, args: Any, result: object, began: float) -> None:
        with quietly("a call of a tool is not recorded"):
            if self._run is not None:
                self._run.tool_call(name, args, result, time.monotonic() - began)


def _problem(messages: list[ModelMessage]) -> str:
    """Return the last prompt of a history."""
    prompts = (
        _text(part.content)
        for message in reversed(messages)
        if isinstance(message, ModelRequest)
        for part in reversed(message.parts)
        if isinstance(part, UserPromptPart)
    )
    return next(prompts, "")


def _text(prompt: Any) -> str:
    if prompt is None or isinstance(prompt, str):
        return prompt or ""
    return "\n".join(part for part in prompt if isinstance(part, str))


def _model_call(
    response: ModelResponse, outputs: set[str], seconds: float
) -> ModelCall:
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
