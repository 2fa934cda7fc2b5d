"""Parts of a training set, for predictions of what was not learned."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.folds import dealt
from pilotfish.schemas.texts import plain
from pilotfish.trainers.dataset import Attempt

FOLDS: Final = 5


def folds(attempts: Sequence[Attempt]) -> NDArray[np.int64]:
    """Return (attempts) numbers of folds, decided by the problem's text alone."""
    of_text = {
        one.problem: dealt("filter", plain(one.problem), FOLDS) for one in attempts
    }
    return np.array([of_text[one.problem] for one in attempts], np.int64)
