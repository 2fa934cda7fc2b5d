"""Folds of a training set, for predictions of attempts that were not learned."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.folds import dealt
from pilotfish.schemas.texts import plain
from pilotfish.trainers.dataset import Attempt

FOLDS: Final = 5


def folds(attempts: Sequence[Attempt]) -> NDArray[np.int64]:
    """Return each attempt's fold, decided by the problem's text alone."""
    texts = [attempt.problem for attempt in attempts]
    fold_of = {text: dealt("filter", plain(text), FOLDS) for text in texts}
    return np.array([fold_of[text] for text in texts], np.int64)
