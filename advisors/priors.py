"""Imported knowledge in what an advisor expects.

An advisor does not learn it: it is added to each prediction. So it needs not be taught to
the head of a new bundle, outlasts no restart that the strategy does not, and is gone with
the strategy that is retired.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.advisors.head import EDGE, FastHead
from pilotfish.advisors.regression import Vector
from pilotfish.schemas.strategies import DIM, Imported, Prior

ALIKE: Final = 0.65
"""Mean cosine distance up to which a problem is of a kind, as the memory groups them."""
UNTRIED: Final = ""
"""No approach is called so: what is expected of it is what approaches do."""
_EXPECTED: Final = 2.0
"""Attempts as which the head's first expectation of an approach counts."""

Priors = Mapping[str, Prior]
"""By strategy."""


class Expected(NamedTuple):
    """What is expected of approaches: P(success), how unsure it is, what was imported.

    `imported` is the share of each mean that comes from elsewhere.
    """

    means: Vector
    sds: Vector
    imported: Vector


class ImportedPrior:
    """The prior of one strategy, by problem.

    Args:
        imported: what came in with the strategy.
    """

    def __init__(self, imported: Imported) -> None:
        self.imported = imported
        self._kinds = [kind for kind in imported.kinds if len(kind.mean) == DIM]
        self._means = np.array([kind.mean for kind in self._kinds], np.float32)

    def of(self, problem: Embeddings | None) -> Prior:
        """Return what is known on a problem.

        `problem` is its vector as the memory has it; None where the memory's encoder is
        another one than that of the archive. Then, and where the problem is of no kind
        that the archive knows, the strategy counts as a whole.
        """
        if problem is None or not self._kinds:
            return self.imported
        cosines = self._means @ problem
        nearest = int(cosines.argmax())
        alike = cosines[nearest] >= 1 - ALIKE
        return self._kinds[nearest] if alike else self.imported


def expected(
    head: FastHead, embedding: Embeddings, kind: str, names: list[str], priors: Priors
) -> Expected:
    """Return what the head predicts, moved towards what is known from elsewhere.

    A prior says how much better a strategy is than others, so it is added to what the head
    expects of an untried one. It counts as its worth in attempts beside the tenant's own.
    Only what is expected moves: how sure the advisor is comes from own attempts alone, so
    that it goes on trying what an import thinks little of.
    """
    if not priors:
        return Expected(*head.predict(embedding, kind, names), np.zeros(len(names)))
    means, sds = head.predict(embedding, kind, [*names, UNTRIED])
    gains = np.array([priors[n].gain if n in priors else 0.0 for n in names])
    shares = _shares(head, names, priors)
    foreign = np.clip(means[-1] + gains, EDGE, 1 - EDGE)
    return Expected(means[:-1] * (1 - shares) + foreign * shares, sds[:-1], shares)


def _shares(head: FastHead, names: Sequence[str], priors: Priors) -> Vector:
    """Return the share of each prediction that comes from elsewhere.

    Attempts of the other strategies make a prior count less, too: where the first one that
    was advised disappoints, the import is wrong. Of a strategy that has changed nothing
    that was known counts.
    """
    own = {name: head.attempts(name) for name in priors}
    common = sum(own.values()) / len(own)
    return np.array(
        [
            _share(priors[name], max(own[name], common))
            if name in priors and not head.changes(name)
            else 0.0
            for name in names
        ]
    )


def _share(prior: Prior, own: float) -> float:
    return prior.worth / (prior.worth + _EXPECTED + own)
