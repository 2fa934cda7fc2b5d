"""A log of attempts as a training would read it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.schemas.attempt_log import LoggedAttempt
from pilotfish.schemas.events import StepRecorded
from pilotfish.streams.attempts.conduct import Conduct
from pilotfish.streams.attempts.quality import Course
from pilotfish.trainers.dataset import Attempt, conducts


@dataclass(frozen=True, slots=True)
class Lessons:
    """A log to learn from: attempts with true labels, and (problems, dim) embeddings.

    `row` (attempts) are places of their problems in the table.
    """

    attempts: Sequence[Attempt]
    row: NDArray[np.int64]
    table: OutcomeTable
    embeddings: Embeddings


def lessons(
    logged: Sequence[LoggedAttempt], table: OutcomeTable, embeddings: Embeddings
) -> Lessons:
    """Return a log's attempts as a training would read them."""
    place = {text: row for row, text in enumerate(table.problems)}
    went = conducts([one.problem_type for one in logged], list(map(_course, logged)))
    attempts = [
        Attempt(
            str(number),
            one.problem,
            one.problem_type,
            one.approach,
            float(one.success),
            conduct=how,
        )
        for number, (one, how) in enumerate(zip(logged, went, strict=True))
    ]
    row = np.array([place[one.problem] for one in logged], np.int64)
    return Lessons(attempts, row, table, embeddings)


def _course(logged: LoggedAttempt) -> Course:
    seen = Conduct()
    for step in logged.steps:
        seen.step(
            StepRecorded(
                attempt_id="log", kind=step.kind, name=step.name, content=step.content
            )
        )
    return Course(
        cost=logged.cost,
        steps=len(logged.steps),
        repeats=seen.repeats,
        stuck=seen.stuck,
    )
