"""The advisor: it answers requests and learns from labels.

The service and `pilotfish evaluate` both run this class, so what is scored is what is
served. It knows neither Kafka nor settings.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from pilotfish.advisors.advice import Advice, Request
from pilotfish.advisors.card import Card
from pilotfish.advisors.embedding_cache import Embedder
from pilotfish.advisors.fast_learning import FastLearning
from pilotfish.advisors.next_choice import NextMove, next_move
from pilotfish.advisors.policy import choose
from pilotfish.advisors.priors import Priors, expected
from pilotfish.advisors.state import AdvisorState
from pilotfish.schemas.labels import PlacedLabel
from pilotfish.strategies.patterns import Pattern


class Advisor:
    """One tenant's advisor; deterministic, used by one thread at a time.

    `has_unsaved_labels` says whether it has learned since its owner last cleared it.

    Args:
        state: what it has learned so far; learning goes on in it.
        embedder: texts to the embeddings that the state's head expects.
        card: of the bundle whose head it is; None where no label taught the head yet.
        cost_weight: what a unit of expected cost takes from a chance of success.
    """

    def __init__(
        self,
        state: AdvisorState,
        embedder: Embedder,
        card: Card | None = None,
        cost_weight: float = 0.0,
    ) -> None:
        self.state = state
        self.has_unsaved_labels = False
        self._embedder = embedder
        self._cost_weight = cost_weight
        self._learning = FastLearning(state, embedder, card)

    def advise(self, request: Request, priors: Priors = MappingProxyType({})) -> Advice:
        """Choose among the request's approaches, or abstain.

        `priors` are what is known of approaches from elsewhere. What is expected of an
        approach is what comes of advising it, see `adherence`.
        """
        state, names = self.state, list(request.approaches)
        [embedding] = self._embedder.embed([request.problem])
        kind = request.problem_type
        means, sds, imported = expected(state.head, embedding, kind, names, priors)
        net = means - self._cost_weight * state.costs.expected(kind, names)
        kind = kind or state.kinds.predict(embedding[: state.head.meaning])
        done = state.adherence.shares(kind, names)
        net, sds = done @ net, np.sqrt(done**2 @ sds**2)
        choice = choose(list(net), list(sds), request.request_id)
        return Advice(
            approaches=tuple(names),
            chosen=choice.chosen,
            p_success=tuple((done @ means).tolist()),
            propensities=choice.propensities,
            kind=kind,
            records=tuple(state.records.of(kind, names)),
            imported=tuple(imported.tolist()),
        )

    def advise_next(self, request: Request, moves: Pattern) -> NextMove:
        """Choose what an attempt that has made these moves does next, or abstain."""
        state, kind = self.state, request.problem_type
        if not kind:
            [embedding] = self._embedder.embed([request.problem])
            kind = state.kinds.predict(embedding[: state.head.meaning])
        return next_move(kind, moves, state.next_moves.after(kind, moves))

    def learn(self, label: PlacedLabel) -> bool:
        """Learn a label; return False if one at its offset or later was learned."""
        return self.learn_all([label]) == 1

    def learn_all(self, labels: Sequence[PlacedLabel]) -> int:
        """Learn what is new among the tenant's labels; return how many were.

        Each partition's labels come in the order of their offsets. Their texts are
        embedded together.
        """
        new = [placed for placed in labels if self._is_new(placed)]
        self._learning.embed_ahead(new)
        for placed in new:
            self._learning.learn(placed)
            self.state.offsets[placed.partition] = placed.offset + 1
            self.has_unsaved_labels = True
        return len(new)

    def read_up_to(self, positions: Mapping[int, int]) -> None:
        """Note that all of the tenant's labels before these offsets were learned."""
        offsets = self.state.offsets
        for partition, offset in positions.items():
            offsets[partition] = max(offset, offsets.get(partition, 0))

    def _is_new(self, placed: PlacedLabel) -> bool:
        return placed.offset >= self.state.offsets.get(placed.partition, 0)
