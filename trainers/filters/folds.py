"""Parts of a training set, for predictions of what was not learned."""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.trainers.dataset import Attempt

FOLDS: Final = 5


def folds(attempts: Sequence[Attempt]) -> NDArray[np.int64]:
    """Return (attempts) numbers of folds, decided by the problem's text alone."""
    of_text = {one.problem: _fold(one.problem) for one in attempts}
    return np.array([of_text[one.problem] for one in attempts], np.int64)


def _fold(problem: str) -> int:
    text = " ".join(problem.casefold().split())
    digest = hashlib.blake2b(f"filter:{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % FOLDS
