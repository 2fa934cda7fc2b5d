"""The runs of this process, by run id: all handlers share them.

Each event is so recorded once, however many handlers see it.
"""

import time
from collections import OrderedDict
from typing import Final, NamedTuple
from uuid import UUID

from pilotfish.integrations.agent_run import AgentRun

_MOST_THREADS: Final = 10_000


class Work(NamedTuple):
    """A call of a model, a tool or a retriever that has begun."""

    run: AgentRun
    name: str
    arguments: object
    began: float

    @property
    def duration_s(self) -> float:
        return time.monotonic() - self.began


class Runs:
    """The runs of this process that have begun and not ended.

    Attributes:
        parents: of every run, by run id.
        agents: the runs that are attempts.
        work: the calls within them.
        threads: thread id -> the attempt of the newest run, for those that are resumed.
    """

    def __init__(self) -> None:
        self.parents: dict[UUID, UUID | None] = {}
        self.agents: dict[UUID, AgentRun] = {}
        self.work: dict[UUID, Work] = {}
        self.threads: OrderedDict[str, str] = OrderedDict()

    def of(self, run_id: UUID | None) -> AgentRun | None:
        """Return the agent's run that a run is part of: the innermost one."""
        while run_id is not None and run_id not in self.agents:
            run_id = self.parents.get(run_id)
        return self.agents[run_id] if run_id is not None else None

    def leave(self, run_id: UUID) -> AgentRun | None:
        """Forget a run; return the agent's run, if it is one."""
        self.parents.pop(run_id, None)
        run = self.agents.pop(run_id, None)
        if run is not None and run.session:
            self.threads[run.session] = run.attempt.id
            if len(self.threads) > _MOST_THREADS:
                self.threads.popitem(last=False)
        return run


RUNS: Final = Runs()
