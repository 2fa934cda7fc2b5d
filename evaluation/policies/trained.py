"""The advisor with trainings: LoRA, lexicon and gate of the service, at its trigger."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from pilotfish.advisors.costs import Costs
from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.policies.pilotfish import advise
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.schemas.base import utc_now
from pilotfish.trainers.candidate import adapt
from pilotfish.trainers.dataset import Attempt, Dataset
from pilotfish.trainers.embedding import Embedded
from pilotfish.trainers.gate import Verdict
from pilotfish.trainers.learn import compare, material
from pilotfish.trainers.loop import Report

TRAIN_AT: Final = 500
"""New labels that start a training, as in service."""

_Trained = tuple[Embedded, Verdict]


@dataclass(slots=True)
class Workshop:
    """Where policies train: all problems of the world, as the base model embeds them.

    Policies with the same attempts share one training. `verdicts` are the gate's, in
    the order of the trainings. Everything is learned: policies are not told how
    attempts went, which the filter of the trainers asks.
    """

    base_model: str
    texts: Sequence[str]
    base: Embeddings
    step: Report
    cost_weight: float = 0.0
    verdicts: list[Verdict] = field(default_factory=list)
    _done: dict[int, _Trained] = field(default_factory=dict)

    def train(
        self, attempts: Sequence[Attempt], known: Embedded, look: int
    ) -> _Trained:
        """Return all problems as the candidate embeds them, and the gate's verdict.

        `look` counts the candidates that were judged against the embeddings `known`.
        """
        key = hash((tuple(attempts), known.rows.tobytes(), look))
        if key not in self._done:
            self._done[key] = self._train(attempts, known, look)
            self.verdicts.append(self._done[key][1])
        return self._done[key]

    def _train(
        self, attempts: Sequence[Attempt], known: Embedded, look: int
    ) -> _Trained:
        dataset = Dataset({}, tuple(attempts), utc_now())
        place = {text: row for row, text in enumerate(self.texts)}
        rows = [place[one.problem] for one in attempts]
        with tempfile.TemporaryDirectory() as folder:
            given = material(dataset, known.rows[rows])
            made = adapt(self.base_model, given, Path(folder), self.step)
            everything = made.embed(self.texts)
            final = made.respelled(attempts)
        before = _at(known, rows)
        verdict, _ = compare(dataset, _at(everything, rows), before, look)
        return everything.respelled(final.lexicon, self.texts), verdict


class TrainedAdvisor:
    """Trains before the first choice at which 500 outcomes are new.

    Args:
        workshop: where to train.
        in_service: learn every outcome between trainings as well, and take only what
            the gate promotes; else learn at trainings only, and take every candidate.
    """

    def __init__(self, workshop: Workshop, *, in_service: bool) -> None:
        self._workshop = workshop
        self._in_service = in_service
        self._place = {text: row for row, text in enumerate(workshop.texts)}
        self._embedded = Embedded(workshop.base, words=0)
        self._head = self._embedded.head()
        self._attempts: list[Attempt] = []
        self._costs = Costs()
        self._new = self._looks = 0

    def choose(self, case: Case) -> Decision:
        """Train if it is time, then answer as the advisor would."""
        if self._new >= TRAIN_AT:
            self._train()
        charge = self._workshop.cost_weight, self._costs
        return advise(self._head, self._row(case.problem), case, charge)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Keep the attempt for the next training; in service, teach the head too."""
        number = str(len(self._attempts))
        kind = case.problem_type
        attempt = Attempt(number, case.problem, kind, approach, outcome.success)
        self._costs.learn(kind, approach, outcome.cost)
        self._attempts.append(attempt)
        self._new += 1
        if self._in_service:
            self._teach(attempt)

    def _train(self) -> None:
        self._new, self._looks = 0, self._looks + 1
        learned, verdict = self._workshop.train(
            self._attempts, self._embedded, self._looks
        )
        if verdict.promoted or not self._in_service:
            self._looks = 0
            self._embedded, self._head = learned, learned.head()
            for attempt in self._attempts:
                self._teach(attempt)

    def _teach(self, one: Attempt) -> None:
        row = self._row(one.problem)
        self._head.learn(row, one.problem_type, one.approach, one.p_success)

    def _row(self, problem: str) -> Embeddings:
        return np.asarray(self._embedded.rows[self._place[problem]], np.float32)


def _at(embedded: Embedded, rows: Sequence[int]) -> Embedded:
    return Embedded(embedded.rows[rows], embedded.words)
