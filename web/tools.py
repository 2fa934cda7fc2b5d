"""The tools of the Model Context Protocol: advise, report, search, playbook."""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Final, NamedTuple, TypeVar

from cachetools import LRUCache
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM, HintGiven
from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.events import (
    MAX_PROBLEM,
    AttemptEnded,
    AttemptStarted,
    EventBase,
    HintMark,
)
from pilotfish.schemas.remembered import Remembered
from pilotfish.schemas.texts import cut
from pilotfish.schemas.topics import EVENTS
from pilotfish.web.advice import Advice
from pilotfish.web.attempts import Attempts
from pilotfish.web.knowledge import Knowledge, Play
from pilotfish.web.messages import FieldError, check_size, message_of

Result = TypeVar("Result")

INSTRUCTIONS: Final = (
    "pilotfish learns which approach works on which kind of problem. Before you work on a "
    "problem, call `advise` and follow its text if there is one. When you are done, call "
    "`report_outcome` with the attempt_id that you got, whether it went well or not."
)
_DEADLINE_S: Final = 1.0
_REMEMBERED: Final = 10_000
"""Hints whose outcomes are awaited; older ones are in ClickHouse."""
_APPROACHES: Final = (
    "Approaches that you could take, each with one line of instruction; by default those "
    "of past attempts."
)
_TYPE: Final = "Your own name for this kind of problem."
_TAKEN: Final = "The approach that you took, if it is not the advised one."
_READS: Final = ToolAnnotations(read_only_hint=True)


class Advised(BaseModel):
    """The answer of `advise`: an approach and a sentence about it, or why there is none."""

    attempt_id: str
    approach: str | None
    text: str
    confidence: float | None
    abstained: str | None
    detail: str
    approaches: list[str]


class Outcome(NamedTuple):
    """How an attempt went; `approach` is empty where it is the advised one."""

    attempt_id: str
    success: bool
    detail: str
    approach: str


class Tools:
    """What the tools do, for whichever tenant calls them.

    Args:
        advice: asks the advisor.
        attempts: publishes events.
        knowledge: asks ClickHouse.
    """

    def __init__(
        self, advice: Advice, attempts: Attempts, knowledge: Knowledge
    ) -> None:
        self._advice = advice
        self._attempts = attempts
        self._knowledge = knowledge
        self._hints: LRUCache[tuple[str, str], HintMark] = LRUCache(_REMEMBERED)

    async def advise(
        self,
        tenant: str,
        problem: str,
        approaches: Mapping[str, str],
        problem_type: str,
    ) -> Advised:
        """Start an attempt, and return the advice for it."""
        if not approaches:
            approaches = dict.fromkeys(await self._knowledge.approaches(tenant), "")
        if not approaches:
            raise ToolError(
                "no approaches are known yet: name those that you could take, each with "
                'a line of instruction, as {"plan": "plan first, then act"}'
            )
        asked = {
            "problem": cut(problem, MAX_ADVICE_PROBLEM),
            "problem_type": problem_type,
            "approaches": approaches,
        }
        hint = await self._advice.hint(tenant, asked, _DEADLINE_S)
        started = {"problem": problem[:MAX_PROBLEM], "problem_type": problem_type}
        await self._publish(AttemptStarted, tenant, hint.attempt_id or "", started)
        self._hints[tenant, hint.attempt_id or ""] = hint.mark
        return _advised(hint, list(approaches))

    async def report_outcome(self, tenant: str, outcome: Outcome) -> None:
        """End an attempt."""
        attempt_id = outcome.attempt_id
        hint = self._hints.get((tenant, attempt_id))
        hint = hint or await self._knowledge.hint_of(tenant, attempt_id)
        if hint is None and not await self._knowledge.has_attempt(tenant, attempt_id):
            raise ToolError(
                f"no attempt {attempt_id[:100]} is known: give the attempt_id that "
                "`advise` returned"
            )
        ended = {
            "status": "succeeded" if outcome.success else "failed",
            "reason": outcome.detail,
            "approach": outcome.approach or (hint and hint.approach),
            "hint": hint,
        }
        await self._publish(AttemptEnded, tenant, attempt_id, ended)

    async def search_memory(self, tenant: str, text: str, k: int) -> list[Remembered]:
        """Return past attempts at similar problems."""
        return await self._knowledge.similar(tenant, text, k)

    async def playbook(self, tenant: str, problem: str, group: str) -> list[Play]:
        """Return what works on a group of problems, or on the group of a problem."""
        if bool(problem) == bool(group):
            raise ToolError("give either a problem or a group")
        group = group or await self._knowledge.group_of(tenant, problem)
        plays = await self._knowledge.playbook(tenant, group) if group else []
        if not plays:
            names = await self._knowledge.groups(tenant)
            known = (
                f"the known groups are {', '.join(names)}" if names else "none is yet"
            )
            raise ToolError(f"no playbook is written for this: {known}")
        return plays

    async def _publish(
        self,
        kind: type[EventBase],
        tenant: str,
        attempt_id: str,
        data: Mapping[str, object],
    ) -> None:
        fixed = {"tenant": tenant, "attempt_id": attempt_id}
        event = message_of(kind, dict(data), fixed)
        check_size(event, EVENTS)
        await self._attempts.publish([event])


def _advised(hint: HintGiven, approaches: list[str]) -> Advised:
    return Advised(
        attempt_id=hint.attempt_id or "",
        approach=hint.approach,
        text=hint.text,
        confidence=hint.confidence,
        abstained=hint.abstained,
        detail=hint.detail,
        approaches=approaches,
    )


def mcp_server(tools: Tools, default_tenant: str) -> MCPServer:
    """Return the server of these tools.

    Args:
        tools: what they do.
        default_tenant: whose attempts these are where no HTTP request says it.
    """
    server = MCPServer("pilotfish", instructions=INSTRUCTIONS, log_level="WARNING")

    def tenant(context: Context) -> str:
        request = context.request_context.request
        return default_tenant if request is None else str(request.state.tenant)

    @server.tool()
    async def advise(
        context: Context,
        problem: Annotated[str, Field(description="The text of the problem.")],
        approaches: Annotated[
            dict[str, str] | None, Field(description=_APPROACHES)
        ] = None,
        problem_type: Annotated[str, Field(description=_TYPE)] = "",
    ) -> Advised:
        """Ask which approach to take on a problem, before working on it."""
        asking = tools.advise(tenant(context), problem, approaches or {}, problem_type)
        return await _told(asking)

    @server.tool()
    async def report_outcome(
        context: Context,
        attempt_id: Annotated[str, Field(description="What `advise` returned.")],
        success: Annotated[bool, Field(description="Whether the problem was solved.")],
        detail: Annotated[str, Field(description="What happened, in a sentence.")] = "",
        approach: Annotated[str, Field(description=_TAKEN)] = "",
    ) -> str:
        """Report how an attempt went, so that the next advice is better."""
        ended = Outcome(attempt_id, success, detail, approach)
        await _told(tools.report_outcome(tenant(context), ended))
        return "recorded"

    @server.tool(annotations=_READS)
    async def search_memory(
        context: Context,
        text: Annotated[str, Field(description="A problem, in your own words.")],
        k: Annotated[int, Field(description="How many attempts, from 1 to 100.")] = 5,
    ) -> list[Remembered]:
        """Find past attempts at similar problems: what was tried, and how it went."""
        return await _told(tools.search_memory(tenant(context), text, k))

    @server.tool(annotations=_READS)
    async def playbook(
        context: Context,
        problem: Annotated[str, Field(description="A problem of the group.")] = "",
        group: Annotated[str, Field(description="The group's name or id.")] = "",
    ) -> list[Play]:
        """Show what works on a group of similar problems: give a problem, or a group."""
        return await _told(tools.playbook(tenant(context), problem, group))

    return server


async def _told(work: Awaitable[Result]) -> Result:
    """Return the result; what went wrong is told to the model."""
    try:
        return await work
    except (PilotfishError, FieldError) as error:
        raise ToolError(str(error)) from error
