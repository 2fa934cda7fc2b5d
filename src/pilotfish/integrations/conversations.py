"""Conversations with an agent, whose next run goes on with the attempt of the last one."""

from collections import OrderedDict
from typing import Final

from pilotfish._sdk.client import Client
from pilotfish.integrations.agent_run import AgentRun, Success

_MOST: Final = 10_000


class Conversations:
    """The newest run of each conversation, for runs that go on with its attempt.

    Those that were not heard of for the longest time are forgotten.
    """

    def __init__(self) -> None:
        self._runs: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def note(self, run: AgentRun) -> None:
        """Remember the attempt of a run, and its hint."""
        if run.session:
            self._runs[run.session] = run.attempt.id, run.hint
            self._runs.move_to_end(run.session)
            if len(self._runs) > _MOST:
                self._runs.popitem(last=False)

    def resume(
        self, session: str, pilot: Client, success: Success | None = None
    ) -> AgentRun | None:
        """Go on with the attempt of a conversation, and with its hint; None if unknown."""
        if session not in self._runs:
            return None
        attempt_id, hint = self._runs[session]
        run = AgentRun(pilot.resume(attempt_id), success, session)
        run.hint, run.asked = hint, True
        return run

    def clear(self) -> None:
        self._runs.clear()
