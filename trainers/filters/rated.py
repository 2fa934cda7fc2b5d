"""Keeps what the memory rates well: attempts above a threshold of quality.

The threshold is the one with which a head foretells best what it was not taught: one
attempt in five, by the problem's text.
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
"""Failures have at most 0.25: above it there would be nothing to tell approaches by."""


def rated(attempts: Sequence[Attempt], rows: Embeddings) -> NDArray[np.bool_]:
    """Return which attempts are above the best threshold."""
    quality = np.array([one.quality for one in attempts])
    asked = folds(attempts) == 0
    losses = [
        _loss(attempts, rows, asked, (quality >= threshold) & ~asked)
        for threshold in THRESHOLDS
    ]
    return np.asarray(quality >= THRESHOLDS[int(np.argmin(losses))], np.bool_)


def _loss(
    attempts: Sequence[Attempt],
    rows: Embeddings,
    asked: NDArray[np.bool_],
    taught: NDArray[np.bool_],
) -> float:
    """Return the mean log loss on `asked` of a head that learned `taught`."""
    if not asked.any():
        return 0.0
    learned, new = np.flatnonzero(taught).tolist(), np.flatnonzero(asked).tolist()
    head = FastHead(rows.shape[1])
    teach(rows[learned], [attempts[at] for at in learned], head)
    approaches = sorted({one.approach for one in attempts})
    scored = score(head, rows[new], [attempts[at] for at in new], approaches)
    return float(log_loss(scored).mean())
