"""The advisor of the service, fed from a log instead of from Kafka."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import numpy as np

from pilotfish.advisors.advice import Advice
from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.memory_vectors import memory_vectors
from pilotfish.advisors.priors import ImportedPrior
from pilotfish.advisors.state import AdvisorState
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
from pilotfish.schemas.labels import AttemptLabelled, PlacedLabel
from pilotfish.schemas.strategies import Imported
from pilotfish.schemas.texts import cut

_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When every attempt took place: the advisor learns in order, whatever the time."""


class LogAdvisor:
    """An `Advisor` of one tenant, for cases that bring their embeddings along.

    Args:
        head: what it knows at first.
        cost_weight: what a unit of cost takes from a chance of success.
        imported: what is known of approaches from elsewhere, by the encoder that embedded
            the cases.
    """

    def __init__(
        self,
        head: FastHead,
        cost_weight: float = 0.0,
        imported: Mapping[str, Imported] = MappingProxyType({}),
    ) -> None:
        self._embeddings = _CaseEmbeddings()
        state = AdvisorState.of_head(head)
        self._advisor = Advisor(state, self._embeddings, cost_weight=cost_weight)
        self._imported = {name: ImportedPrior(each) for name, each in imported.items()}
        self._labels = 0

    def advise(self, case: Case) -> Advice:
        """Answer as to a request on the topic."""
        self._embeddings.add(case)
        [problem] = memory_vectors(case.embedding[None])
        priors = {
            name: known.of(problem)
            for name, known in self._imported.items()
            if name in case.approaches
        }
        return self._advisor.advise(case, priors)

    def learn(
        self, case: Case, approach: str, p_success: float | None, cost: float = 0.0
    ) -> None:
        """Learn as from a label on the topic; one without `p_success` abstains."""
        self._embeddings.add(case)
        label = AttemptLabelled(
            tenant="log",
            attempt_id=str(self._labels),
            version=1,
            labeller="log",
            p_success=p_success,
            problem=case.problem,
            problem_type=case.problem_type,
            approach=approach,
            cost=cost,
            started_at=_AT,
            ended_at=_AT,
            partition=0,
            first_offset=self._labels,
            offset=self._labels,
        )
        self._advisor.learn(PlacedLabel(label, 0, self._labels, _AT))
        self._labels += 1


class FastAdvisor:
    """The policy in service before any training.

    Args:
        dim: length of an embedding.
        cost_weight, imported: as in `LogAdvisor`.
    """

    def __init__(
        self,
        dim: int,
        cost_weight: float = 0.0,
        imported: Mapping[str, Imported] = MappingProxyType({}),
    ) -> None:
        self._advisor = LogAdvisor(FastHead(dim), cost_weight, imported)

    def choose(self, case: Case) -> Decision:
        """Advise or abstain."""
        return decision_of(self._advisor.advise(case))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn the outcome and its cost."""
        self._advisor.learn(case, approach, outcome.success, outcome.cost)


def decision_of(advice: Advice) -> Decision:
    """Return the advice as a policy's decision."""
    return Decision(advice.approach, advice.p_success, advice.propensity)


class _CaseEmbeddings:
    """An embedder of the texts that cases brought along."""

    def __init__(self) -> None:
        self._rows: dict[str, Embeddings] = {}

    def add(self, case: Case) -> None:
        self._rows[_advised_text(case.problem)] = case.embedding

    def embed(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([self._rows[_advised_text(text)] for text in texts])


def _advised_text(problem: str) -> str:
    """Return the part of a problem that advice looks at, as the SDK sends it."""
    return cut(problem, MAX_ADVICE_PROBLEM)
