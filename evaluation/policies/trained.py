"""The advisor with trainings: LoRA, lexicon and gate of the service, at its trigger."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.policies.pilotfish import LogAdvisor, decision_of
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
class SharedTrainings:
    """Trains on the problems of a world; policies with the same attempts share one.

    `base` are all problems as the base model embeds them, `verdicts` the gate's, in the
    order of the trainings. Everything is learned: policies do not know how attempts
    went, which the filter of the trainers asks.
    """

    base_model: str
    texts: Sequence[str]
    base: Embeddings
    step: Report
    cost_weight: float = 0.0
    verdicts: list[Verdict] = field(default_factory=list)
    _done: dict[int, _Trained] = field(default_factory=dict)

    def train(
        self, attempts: Sequence[Attempt], incumbent: Embedded, look: int
    ) -> _Trained:
        """Return all problems as the candidate embeds them, and the gate's verdict.

        `look` counts the candidates that were judged against the `incumbent`.
        """
        key = hash((tuple(attempts), incumbent.rows.tobytes(), look))
        if key not in self._done:
            self._done[key] = self._train(attempts, incumbent, look)
            self.verdicts.append(self._done[key][1])
        return self._done[key]

    def _train(
        self, attempts: Sequence[Attempt], incumbent: Embedded, look: int
    ) -> _Trained:
        dataset = Dataset({}, tuple(attempts), utc_now())
        place = {text: row for row, text in enumerate(self.texts)}
        rows = [place[attempt.problem] for attempt in attempts]
        with tempfile.TemporaryDirectory() as folder:
            split = material(dataset, incumbent.rows[rows])
            candidate = adapt(self.base_model, split, Path(folder), self.step)
            embedded = candidate.embed(self.texts)
            final = candidate.respelled(attempts)
        before = _at(incumbent, rows)
        verdict, _ = compare(dataset, _at(embedded, rows), before, look)
        return embedded.respelled(final.lexicon, self.texts), verdict


class _Tried(NamedTuple):
    """What was tried, and what a policy learned of it."""

    case: Case
    approach: str
    outcome: Outcome


class TrainedAdvisor:
    """Trains before the first choice at which 500 outcomes are new.

    Args:
        trainings: where to train.
        in_service: learn every outcome between trainings as well, and take only what
            the gate promotes; else learn at trainings only, and take every candidate.
    """

    def __init__(self, trainings: SharedTrainings, *, in_service: bool) -> None:
        self._trainings = trainings
        self._in_service = in_service
        self._place = {text: row for row, text in enumerate(trainings.texts)}
        self._embedded = Embedded(trainings.base, words=0)
        self._advisor = self._untaught()
        self._tried: list[_Tried] = []
        self._new = self._looks = 0

    def choose(self, case: Case) -> Decision:
        """Train if it is time, then answer as the advisor would."""
        if self._new >= TRAIN_AT:
            self._train()
        return decision_of(self._advisor.advise(self._embed(case)))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Keep the attempt for the next training; in service, learn it at once too.

        What an attempt costs is learned at once in any case.
        """
        self._tried.append(_Tried(case, approach, outcome))
        self._new += 1
        success = outcome.success if self._in_service else None
        self._advisor.learn(self._embed(case), approach, success, outcome.cost)

    def _train(self) -> None:
        self._new, self._looks = 0, self._looks + 1
        attempts = [_attempt(number, tried) for number, tried in enumerate(self._tried)]
        candidate, verdict = self._trainings.train(
            attempts, self._embedded, self._looks
        )
        if verdict.promoted or not self._in_service:
            self._looks = 0
            self._embedded = candidate
            self._advisor = self._untaught()
            for case, approach, outcome in self._tried:
                seen = self._embed(case)
                self._advisor.learn(seen, approach, outcome.success, outcome.cost)

    def _untaught(self) -> LogAdvisor:
        return LogAdvisor(self._embedded.head(), self._trainings.cost_weight)

    def _embed(self, case: Case) -> Case:
        """Return the case as the model in service embeds it."""
        row = self._embedded.rows[self._place[case.problem]]
        return case._replace(embedding=np.asarray(row, np.float32))


def _attempt(number: int, tried: _Tried) -> Attempt:
    case, approach, outcome = tried
    return Attempt(
        str(number), case.problem, case.problem_type, approach, outcome.success
    )


def _at(embedded: Embedded, rows: Sequence[int]) -> Embedded:
    return Embedded(embedded.rows[rows], embedded.words)
