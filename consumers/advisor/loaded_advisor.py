"""One tenant's advisor in service: a bundle, its encoder, its head and how it learns."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache, Embeddings
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.hint_text import hint_text
from pilotfish.advisors.policy import Choice, choose
from pilotfish.advisors.records import Record
from pilotfish.consumers.advisor.fast_learning import FastLearning, State, untaught
from pilotfish.runtime.kafka import mapped_errors
from pilotfish.runtime.label_reader import LabelReader, PlacedLabel
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested, Candidate, HintGiven

_THREADS: Final = min(2, os.cpu_count() or 1)
"""Measured on two busy cores: batches take half as long as with one thread."""
_SLICE: Final = 8
"""Labels learned at once in the background: the encoder is shared with requests."""
_READ: Final = 500
_WAIT_S: Final = 0.1


class Encoders:
    """Open encoders by the checksum of their bundle; one serves all who use it."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[str, EmbeddingCache] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, bundle: Bundle) -> EmbeddingCache:
        """Return the bundle's encoder; opening one takes a few tenths of a second.

        Raises:
            BundleError: the encoder cannot be read.
        """
        with self._lock:
            cache = self._open.get(bundle.checksum)
            if cache is None:
                cache = EmbeddingCache(Encoder(bundle, _THREADS))
                self._open[bundle.checksum] = cache
            return cache


@dataclass(frozen=True, slots=True)
class LoadedAdvisor:
    """A tenant's advisor; tenants share encoders, never what was learned."""

    tenant: str
    bundle: Bundle
    embeddings: EmbeddingCache
    learning: FastLearning
    cost_weight: float

    @property
    def version(self) -> str:
        """What hints say they are from."""
        return self.bundle.card.version

    def hint(
        self, request: AdviceRequested, row: Embeddings, *, holdout: bool
    ) -> HintGiven:
        """Answer a request whose problem has this embedding.

        In the holdout the candidates are as they would have been; nothing is chosen.
        """
        state = self.learning.state
        names = list(request.approaches)
        meaning = row[: self.bundle.card.meaning]
        kind = request.problem_type or state.kinds.predict(meaning)
        means, sds = state.head.predict(row, request.problem_type, names)
        charge = self.cost_weight * state.costs.expected(request.problem_type, names)
        choice = choose(list(means - charge), list(sds), request.request_id)
        records = state.records.of(kind, names)
        common = {
            "request_id": request.request_id,
            "tenant": request.tenant,
            "client_id": request.client_id,
            "attempt_id": request.attempt_id,
            "kind": kind,
            "candidates": _candidates(names, means.tolist(), choice, records),
            "advisor_version": self.version,
        }
        if holdout or choice.chosen is None:
            reason = "holdout" if holdout else "unsure"
            return HintGiven(**common, abstained=reason, holdout=holdout)
        name, p_success = names[choice.chosen], float(means[choice.chosen])
        instruction = request.approaches[name]
        known = dict(zip(names, records, strict=True))
        text = hint_text(name, instruction, request.problem_type, p_success, known)
        return HintGiven(**common, approach=name, text=text, confidence=p_success)


def serve_bundle(
    tenant: str,
    bundle: Bundle,
    state: State | None,
    encoders: Encoders,
    cost_weight: float = 0.0,
) -> LoadedAdvisor:
    """Return a bundle ready to serve, with its own head where there is no other state.

    `cost_weight` is what a unit of expected cost takes from a chance of success.

    Raises:
        BundleError: encoder or head cannot be read.
    """
    embeddings = encoders.of(bundle)
    begun = state or untaught(bundle, {})
    learning = FastLearning(bundle.card, embeddings, begun)
    return LoadedAdvisor(tenant, bundle, embeddings, learning, cost_weight)


def catch_up(
    settings: Settings, serving: LoadedAdvisor, enough: Callable[[], bool]
) -> None:
    """Teach an advisor the labels that are there now, before it goes into service.

    Stops early when there is `enough`; its offsets then say which labels are left.

    Raises:
        UnavailableError: Kafka does not answer.
    """
    start = serving.learning.state.offsets
    with (
        mapped_errors("catching up with labels"),
        LabelReader(settings, start, lambda *_: None) as reader,
    ):
        while not (reader.at_end or enough()):
            labels = reader.read(_READ, _WAIT_S)
            own = [one for one in labels if one.label.tenant == serving.tenant]
            for chunk in _slices(own):
                if enough():
                    return
                serving.learning.learn(chunk)
            serving.learning.read_up_to(reader.positions)


def _slices(labels: Sequence[PlacedLabel]) -> Iterable[Sequence[PlacedLabel]]:
    for start in range(0, len(labels), _SLICE):
        yield labels[start : start + _SLICE]


def _candidates(
    names: Sequence[str],
    means: Sequence[float],
    choice: Choice,
    records: Sequence[Record],
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            approach=name,
            p_success=mean,
            propensity=min(share, 1.0),
            attempts=record.attempts,
            successes=max(record.successes, 0.0),
        )
        for name, mean, share, record in zip(
            names, means, choice.propensities, records, strict=True
        )
    )
