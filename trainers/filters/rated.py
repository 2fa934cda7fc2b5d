"""Keeps attempts above a threshold of quality.

The threshold is the one with which a head best predicts attempts that it did not learn:
one attempt in five, chosen by the problem's text.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.evaluate import log_loss, score, teach
from pilotfish.trainers.filters.folds import folds

THRESHOLDS: Final = (0.05, 0.1, 0.15, 0.2)
"""Failures have at most 0.25: a higher threshold would leave no failures."""


def rated(attempts: Sequence[Attempt], rows: Embeddings) -> NDArray[np.bool_]:
    """Return which attempts are above the best threshold."""
    quality = np.array([attempt.quality for attempt in attempts])
    held_out = folds(attempts) == 0
    losses = [
        _loss(attempts, rows, held_out, (quality >= threshold) & ~held_out)
        for threshold in THRESHOLDS
    ]
    return np.asarray(quality >= THRESHOLDS[int(np.argmin(losses))], np.bool_)


def _loss(
    attempts: Sequence[Attempt],
    rows: Embeddings,
    held_out: NDArray[np.bool_],
    learned: NDArray[np.bool_],
) -> float:
    """Return the mean log loss on `held_out` of a head that learned `learned`."""
    if not held_out.any():
        return 0.0
    old, new = np.flatnonzero(learned).tolist(), np.flatnonzero(held_out).tolist()
    head = FastHead(rows.shape[1])
    teach(rows[old], [attempts[index] for index in old], head)
    approaches = sorted({attempt.approach for attempt in attempts})
    scored = score(head, rows[new], [attempts[index] for index in new], approaches)
    return float(log_loss(scored).mean())
