"""A log of attempts as a training would read it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.events import StepRecorded
from pilotfish.streams.attempts.conduct import Conduct
from pilotfish.streams.attempts.quality import Course
from pilotfish.trainers.dataset import Attempt, conducts


@dataclass(frozen=True, slots=True)
class LabelledLog:
    """Attempts with true labels, and (problems, dim) embeddings.

    `row` (attempts) are the rows of their problems in the table.
    """

    attempts: Sequence[Attempt]
    row: NDArray[np.int64]
    table: OutcomeTable
    embeddings: Embeddings


def labelled_log(
    logged: Sequence[LoggedAttempt], table: OutcomeTable, embeddings: Embeddings
) -> LabelledLog:
    """Return the attempts of a log, all with outcomes, each with label and conduct."""
    place = {text: row for row, text in enumerate(table.problems)}
    types = [attempt.problem_type for attempt in logged]
    conduct = conducts(types, [_course(attempt) for attempt in logged])
    attempts = [
        Attempt(
            str(number),
            attempt.problem,
            attempt.problem_type,
            attempt.approach,
            attempt.outcome,
            conduct=conduct[number],
        )
        for number, attempt in enumerate(logged)
    ]
    row = np.array([place[attempt.problem] for attempt in logged], np.int64)
    return LabelledLog(attempts, row, table, embeddings)


def _course(logged: LoggedAttempt) -> Course:
    seen = Conduct()
    for step in logged.steps:
        seen.step(
            StepRecorded(
                attempt_id="log", kind=step.kind, name=step.name, content=step.content
            )
        )
    return Course(
        cost=logged.total_cost or 0.0,
        steps=len(logged.steps),
        repeats=seen.repeats,
        stuck=seen.stuck,
    )
