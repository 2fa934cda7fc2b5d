"""A capability: it asks before a run, puts the hint in, and records the run."""

import time
from dataclasses import replace
from typing import Any, Final

from pydantic_ai import AgentRunResult, DeferredToolRequests, RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import InstructionPart, ModelResponse
from pydantic_ai.models import ModelRequestContext

from pilotfish._sdk.client import Client
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import AgentRun, Success, quietly
from pilotfish.integrations.choices import Choices
from pilotfish.integrations.conversations import Conversations
from pilotfish.integrations.pydantic_ai.reading import model_call, problem_of

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
        approaches: names, each with one line of instruction; "found" asks for a strategy
            that was found in past attempts; none: it only records.
        problem_type: your own name for the kind of problem.
        success: says of the run's output whether it is a success, or None where it cannot
            tell.
    """

    def __init__(
        self,
        pilot: Client,
        approaches: Choices | None = None,
        *,
        problem_type: str = "",
        success: Success | None = None,
    ) -> None:
        self._pilot = pilot
        self._approaches: Choices | None = approaches
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
            if self._approaches and not self._run.asked:
                await self._run.ask_async(self._approaches)
            _CONVERSATIONS.note(self._run)
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
                self._run.model_call(model_call(response, outputs, seconds))
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
        if ctx.prompt is None:
            known = _CONVERSATIONS.resume(session, self._pilot)
            if known is not None:
                return known
        return AgentRun.begin(
            self._pilot, problem_of(ctx), self._problem_type, session=session
        )

    def _tool_call(self, name: str, args: Any, result: object, began: float) -> None:
        with quietly("a call of a tool is not recorded"):
            if self._run is not None:
                self._run.tool_call(name, args, result, time.monotonic() - began)
