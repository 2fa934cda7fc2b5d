"""Logs of attempts as worlds to play."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.encoders import Encoders
from pilotfish.evaluation.outcomes import OutcomeTable, outcome_table
from pilotfish.evaluation.protocols import bandit
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.runtime.console import console, waiting
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.texts import cut
from pilotfish.trainers.base import ensure_base

Say = Callable[[str], object]

_TIMED: Final = 50
"""Problems embedded one by one, to say how long one takes."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """How a log is changed: `noise` is the share of labels flipped in learning only.

    `cost_weight` is what a unit of cost takes from a success.
    """

    seed: int
    noise: float = 0.0
    shuffle: bool = False
    cost_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Log:
    """Files as they were read; `encode_ms` is the median time to embed a problem."""

    attempts: tuple[tuple[LoggedAttempt, ...], ...]
    skipped_lines: int
    embeddings: dict[str, Embeddings]
    encode_ms: float

    def about(self) -> dict[str, object]:
        """Return how many problems and which approaches there are."""
        attempts = chain.from_iterable(self.attempts)
        approaches = [attempt.approach for attempt in attempts]
        return {
            "problems": len(self.embeddings),
            "approaches": list(dict.fromkeys(approaches)),
        }

    def world(self, perturbation: Perturbation) -> World:
        """Return all files as one world, in which they come one after the other."""
        seen: set[str] = set()
        sizes = []
        for file in self.attempts:
            new = {attempt.problem for attempt in file} - seen
            sizes.append(len(new))
            seen |= new
        table = outcome_table(chain.from_iterable(self.attempts))
        return self._world(table, perturbation, tuple(sizes))

    def worlds(self, perturbation: Perturbation) -> list[World]:
        """Return each file as a world of its own."""
        return [
            self._world(outcome_table(file), perturbation, ()) for file in self.attempts
        ]

    def _world(
        self, table: OutcomeTable, perturbation: Perturbation, sizes: tuple[int, ...]
    ) -> World:
        if perturbation.shuffle:
            table = bandit.shuffled(table, perturbation.seed)
        labels = bandit.noisy_labels(table, perturbation.noise, perturbation.seed)
        rows = np.stack([self.embeddings[text] for text in table.problems])
        return World(table, rows, labels, sizes, perturbation.cost_weight)


def read_log(files: Sequence[Path], *, skip_bad: bool, say: Say) -> Log:
    """Read files and embed their problems as the advisor before its first training.

    Args:
        files: attempts without an outcome in them are left out.
        skip_bad: skip lines that are no attempts.
        say: called with what was left out, before anything is embedded or scored.

    Raises:
        ConfigurationError, RequirementError, SchemaError: as `read_attempts`.
    """
    attempts, skipped_lines = [], 0
    for file in files:
        findings = Findings()
        with waiting(f"reading {file.name}"):
            read = list(read_attempts(file, findings, skip_bad=skip_bad))
        attempts.append(tuple(a for a in read if a.success is not None))
        skipped_lines += findings.skipped_lines
        for sentence in findings.sentences():
            say(f"{file.name}: {sentence}")
        if len(attempts[-1]) < len(read):
            without = len(read) - len(attempts[-1])
            say(f"{file.name}: {without} of {len(read)} attempts have no outcome")
    problems = [attempt.problem for attempt in chain.from_iterable(attempts)]
    texts = list(dict.fromkeys(problems))
    embeddings, encode_ms = _embed(texts)
    return Log(tuple(attempts), skipped_lines, embeddings, encode_ms)


def _embed(problems: Sequence[str]) -> tuple[dict[str, Embeddings], float]:
    if not problems:
        return {}, 0.0
    cache = Encoders().of(ensure_base(Settings(), report=console.print))
    texts = [cut(problem, MAX_ADVICE_PROBLEM) for problem in problems]
    spent = []
    for text in texts[:_TIMED]:
        begun = time.perf_counter()
        cache.embed([text])
        spent.append(1000 * (time.perf_counter() - begun))
    with waiting("embedding the problems"):
        rows = cache.embed(texts)
    return dict(zip(problems, rows, strict=True)), statistics.median(spent)
