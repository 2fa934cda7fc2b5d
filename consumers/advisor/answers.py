"""Answers a batch of requests, each by the advisor of its tenant."""

from collections import defaultdict
from collections.abc import Sequence

from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.advisors.memory_vectors import memory_vectors
from pilotfish.advisors.policy import in_holdout
from pilotfish.advisors.priors import ImportedPrior, Priors
from pilotfish.consumers.advisor.hints import abstention, hint_of, next_hint_of
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.runtime.catalogue import Catalogue
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.strategies import Imported
from pilotfish.strategies.moves import Moves
from pilotfish.strategies.patterns import Pattern


class Answers:
    """Answers requests.

    Args:
        registry: the advisors in service.
        catalogue: the strategies that are candidates where a request names none.
        holdout: share of requests that get no hint on purpose.
    """

    def __init__(
        self, registry: AdvisorRegistry, catalogue: Catalogue, holdout: float
    ) -> None:
        self._registry = registry
        self._catalogue = catalogue
        self._holdout = holdout
        self._known: dict[str, ImportedPrior] = {}

    def to(self, requests: Sequence[AdviceRequested]) -> list[HintGiven]:
        """Return one hint for each request, in order; texts are embedded together."""
        loaded = [self._registry.for_request(request.tenant) for request in requests]
        pairs = list(zip(requests, loaded, strict=True))
        base = self._registry.base()
        foreign = [(each, base) for each in requests if self._asks_for_imported(each)]
        _embed_ahead([*pairs, *foreign])
        return [self._answer(request, advisor) for request, advisor in pairs]

    def too_late(self, request: AdviceRequested, age_s: float) -> HintGiven:
        """Answer a request whose agent no longer waits; needs no advisor.

        The answer is for the record: the share of the holdout stays what it is.
        """
        detail = f"read {age_s:.0f} s after the request was made"
        holdout = self._in_holdout(request)
        return abstention(request, "deadline", detail, holdout=holdout)

    def _answer(
        self, request: AdviceRequested, loaded: LoadedAdvisor | None
    ) -> HintGiven:
        holdout = self._in_holdout(request)
        if loaded is None:
            detail = "the model store is empty"
            return abstention(request, "no_advisor", detail, holdout=holdout)
        if request.steps:
            next_move = loaded.advisor.advise_next(request, _moves(request))
            return next_hint_of(request, next_move, loaded.version, holdout=holdout)
        priors: Priors = {}
        if not request.approaches:
            offered = self._catalogue.offered(request.tenant).items()
            lines = {id_: strategy.instruction for id_, strategy in offered}
            request = request.model_copy(update={"approaches": lines})
            priors = self._priors(request)
        if not request.approaches:
            detail = "no approach was named, and no strategy was found yet"
            return abstention(request, "unsure", detail, holdout=holdout)
        advice = loaded.advisor.advise(request, priors)
        return hint_of(request, advice, loaded.version, holdout=holdout)

    def _priors(self, request: AdviceRequested) -> Priors:
        """Return what is known from elsewhere of the tenant's strategies on this problem.

        Kinds of problems are recognised by the base encoder, whichever bundle serves.
        """
        foreign, base = self._imported(request.tenant), self._registry.base()
        vectors: dict[str, Embeddings] = {}
        if foreign and base is not None:
            embedded = base.embeddings.embed([request.problem])
            vectors[base.version] = memory_vectors(embedded)[0]
        return {
            id_: known.of(vectors.get(known.imported.encoder))
            for id_, known in foreign.items()
        }

    def _asks_for_imported(self, request: AdviceRequested) -> bool:
        asks_for_found = not request.approaches and not request.steps
        return asks_for_found and bool(self._imported(request.tenant))

    def _imported(self, tenant: str) -> dict[str, ImportedPrior]:
        return {
            id_: self._prior(f"{tenant}/{id_}", strategy.imported)
            for id_, strategy in self._catalogue.offered(tenant).items()
            if strategy.imported is not None
        }

    def _prior(self, key: str, imported: Imported) -> ImportedPrior:
        """Return the prior of a strategy, made once for each import."""
        known = self._known.get(key)
        if known is None or known.imported is not imported:
            known = self._known[key] = ImportedPrior(imported)
        return known

    def _in_holdout(self, request: AdviceRequested) -> bool:
        """Return whether a request gets no hint on purpose.

        An attempt that asks what to do next may ask again, so it is held out as a whole.
        """
        of_attempt = request.attempt_id if request.steps else None
        seed = f"{of_attempt}:next" if of_attempt else request.request_id
        return in_holdout(seed, self._holdout)


def _moves(request: AdviceRequested) -> Pattern:
    moves = Moves()
    for step in request.steps:
        moves.add(step.kind, step.name, step.content)
    return tuple(moves.distinct)


def _embed_ahead(
    pairs: Sequence[tuple[AdviceRequested, LoadedAdvisor | None]],
) -> None:
    """Fill the caches that `advise` reads, with one batch for each encoder."""
    by_encoder: dict[int, list[tuple[AdviceRequested, LoadedAdvisor]]]
    by_encoder = defaultdict(list)
    for request, loaded in pairs:
        if loaded is not None:
            by_encoder[id(loaded.embeddings)].append((request, loaded))
    for group in by_encoder.values():
        embeddings = group[0][1].embeddings
        embeddings.embed([request.problem for request, _ in group])
