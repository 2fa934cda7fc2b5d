"""The runs of a framework in this process, by the framework's ids.

All handlers of a framework share them: each event is recorded once, however many see it.
"""

import time
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

from pilotfish.integrations.agent_run import AgentRun
from pilotfish.integrations.conversations import Conversations

K = TypeVar("K", bound=Hashable)


class Work(NamedTuple):
    """A call of a model, a tool or a retriever that has begun."""

    run: AgentRun
    name: str
    arguments: object
    began: float

    @property
    def duration_s(self) -> float:
        return time.monotonic() - self.began


class Runs(Generic[K]):
    """The runs of this process that have begun and not ended.

    Attributes:
        parents: of every run, by run id.
        agents: the runs that are attempts.
        work: the calls within them.
        threads: the newest attempt of each conversation, for runs that are resumed.
    """

    def __init__(self) -> None:
        self.parents: dict[K, K | None] = {}
        self.agents: dict[K, AgentRun] = {}
        self.work: dict[K, Work] = {}
        self.threads = Conversations()

    def of(self, run_id: K | None) -> AgentRun | None:
        """Return the agent's run that a run is part of: the innermost one."""
        while run_id is not None and run_id not in self.agents:
            run_id = self.parents.get(run_id)
        return self.agents[run_id] if run_id is not None else None

    def leave(self, run_id: K) -> AgentRun | None:
        """Forget a run; return the agent's run, if it is one."""
        self.parents.pop(run_id, None)
        run = self.agents.pop(run_id, None)
        if run is not None:
            self.threads.note(run)
        return run
