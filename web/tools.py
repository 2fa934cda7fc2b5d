"""What the tools of the Model Context Protocol do: advise, report, search, playbook."""

from collections.abc import Mapping, Sequence
from typing import Final

from cachetools import LRUCache
from mcp.server.mcpserver.exceptions import ToolError

from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_STEP_CONTENT,
    MAX_STEPS,
    HintGiven,
)
from pilotfish.schemas.events import (
    MAX_PROBLEM,
    AttemptEnded,
    AttemptStarted,
    EventBase,
    HintMark,
)
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.remembered import Remembered
from pilotfish.schemas.request_ids import used
from pilotfish.schemas.texts import cut
from pilotfish.schemas.topics import EVENTS
from pilotfish.web.advice import Advice
from pilotfish.web.attempts import Attempts
from pilotfish.web.knowledge import Knowledge, Play
from pilotfish.web.messages import check_size, message_of
from pilotfish.web.tool_values import Advised, AttemptSoFar, Call, Outcome

_DEADLINE_S: Final = 1.0
_REMEMBERED: Final = 10_000
"""Hints whose outcomes are awaited; older ones are in ClickHouse."""


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
        """Start an attempt, and return the advice for it.

        Without approaches those of the tenant's past attempts are the choices, and where
        none was ever named, the strategies that were found in them.
        """
        if not approaches:
            approaches = dict.fromkeys(await self._knowledge.approaches(tenant), "")
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

    async def next_move(
        self, tenant: str, attempt: AttemptSoFar, calls: Sequence[Call]
    ) -> Advised:
        """Return what to do next in an attempt, by how others went on from such calls."""
        steps = [
            {
                "kind": "action",
                "name": call.tool[:MAX_NAME],
                "content": call.arguments[:MAX_STEP_CONTENT],
            }
            for call in calls[:MAX_STEPS]
        ]
        if not steps:
            raise ToolError("give at least one call, or ask `advise` before you begin")
        asked = {
            "attempt_id": attempt.attempt_id,
            "problem": cut(attempt.problem, MAX_ADVICE_PROBLEM),
            "problem_type": attempt.problem_type,
            "steps": steps,
        }
        return _advised(await self._advice.hint(tenant, asked, _DEADLINE_S), [])

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
            "approach": _used(outcome.approach, hint),
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


def _used(said: str, hint: HintMark | None) -> str | None:
    """Return the approach that was used: models like to repeat the advised one."""
    if hint is not None and said in ("", hint.approach):
        return used(hint)
    return said or None


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
