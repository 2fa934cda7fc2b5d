"""A batch of requests to a batch of hints: who is answered, by whom, with what."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.advisors.policy import in_holdout
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.schemas.advice import Abstention, AdviceRequested, HintGiven


class Answers:
    """Answers requests.

    Args:
        registry: who is in service.
        holdout: share of requests that get no hint on purpose.
    """

    def __init__(self, registry: AdvisorRegistry, holdout: float) -> None:
        self._registry = registry
        self._holdout = holdout

    def to(self, requests: Sequence[AdviceRequested]) -> list[HintGiven]:
        """Return one hint a request, in order; texts are embedded together."""
        served = [self._registry.for_request(request.tenant) for request in requests]
        rows = _embed(requests, served)
        return [
            self._one(request, serving, row)
            for request, serving, row in zip(requests, served, rows, strict=True)
        ]

    def too_late(self, request: AdviceRequested, age_s: float) -> HintGiven:
        """Answer a request that nobody waits for any more; needs no advisor.

        The answer is for the record: the share of the holdout stays what it is.
        """
        detail = f"read {age_s:.0f} s after it was asked"
        return self._abstain(request, "deadline", detail)

    def _one(
        self,
        request: AdviceRequested,
        serving: LoadedAdvisor | None,
        row: Embeddings | None,
    ) -> HintGiven:
        if serving is None or row is None:
            return self._abstain(request, "no_advisor", "the model store is empty")
        holdout = in_holdout(request.request_id, self._holdout)
        return serving.hint(request, row, holdout=holdout)

    def _abstain(
        self, request: AdviceRequested, reason: Abstention, detail: str
    ) -> HintGiven:
        holdout = in_holdout(request.request_id, self._holdout)
        return HintGiven(
            request_id=request.request_id,
            tenant=request.tenant,
            client_id=request.client_id,
            attempt_id=request.attempt_id,
            kind=request.problem_type,
            abstained="holdout" if holdout else reason,
            detail=detail,
            holdout=holdout,
        )


def _embed(
    requests: Sequence[AdviceRequested], served: Sequence[LoadedAdvisor | None]
) -> list[Embeddings | None]:
    """Return the problems' embeddings, those of one encoder from one run."""
    of_encoder: dict[int, list[int]] = defaultdict(list)
    for place, serving in enumerate(served):
        if serving is not None:
            of_encoder[id(serving.embeddings)].append(place)
    rows: list[Embeddings | None] = [None] * len(requests)
    for places in of_encoder.values():
        first = served[places[0]]
        assert first is not None
        found = first.embeddings.embed([requests[place].problem for place in places])
        for place, row in zip(places, found, strict=True):
            rows[place] = np.asarray(row)
    return rows
