"""The server of the Model Context Protocol: how its tools look to models."""

from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.remembered import Remembered
from pilotfish.web.knowledge import Play
from pilotfish.web.messages import FieldError
from pilotfish.web.tool_values import Advised, AttemptSoFar, Call, Outcome
from pilotfish.web.tools import Tools

Result = TypeVar("Result")

INSTRUCTIONS: Final = (
    "pilotfish learns which approach works on which kind of problem. Before you work on a "
    "problem, call `advise` and follow its text if there is one. When you are done, call "
    "`report_outcome` with the attempt_id that you got, whether it went well or not."
)
_APPROACHES: Final = (
    "Approaches that you could take, each with one line of instruction; by default those "
    "of past attempts, or what pilotfish found in them."
)
_TYPE: Final = "Your own name for this kind of problem."
_CALLS: Final = "Your calls of tools in this attempt so far, from the first one on."
_TAKEN: Final = "The approach that you took, if it is not the advised one."
_READS: Final = ToolAnnotations(read_only_hint=True)


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

    @server.tool(annotations=_READS)
    async def next_move(
        context: Context,
        attempt_id: Annotated[str, Field(description="What `advise` returned.")],
        problem: Annotated[str, Field(description="The problem, as for `advise`.")],
        calls: Annotated[list[Call], Field(description=_CALLS)],
        problem_type: Annotated[str, Field(description=_TYPE)] = "",
    ) -> Advised:
        """Ask what to do next, in the middle of an attempt that does not get on."""
        attempt = AttemptSoFar(attempt_id, problem, problem_type)
        return await _told(tools.next_move(tenant(context), attempt, calls))

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
