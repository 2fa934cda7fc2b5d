"""The filters by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.runtime.settings import FilterName
from pilotfish.trainers.dataset import Attempt, Dataset
from pilotfish.trainers.filters.judged import judged
from pilotfish.trainers.filters.rated import rated

Kept = NDArray[np.bool_]
Filter = Callable[[Sequence[Attempt], Embeddings], Kept]
"""Takes attempts and their problems' embeddings (attempts, dim), without the lexicon's
scores; returns which attempts are worth learning. Looks at these attempts alone."""


def everything(attempts: Sequence[Attempt], _rows: Embeddings) -> Kept:
    """Keep all attempts."""
    return np.ones(len(attempts), np.bool_)


FILTERS: Final[Mapping[FilterName, Filter]] = MappingProxyType(
    {"everything": everything, "rated": rated, "judged": judged}
)


def sift(
    dataset: Dataset, rows: Embeddings, name: FilterName, among: Sequence[int]
) -> Dataset:
    """Return the dataset with `worth` decided for the attempts at the indices `among`.

    The filter sees only these. Row i of `rows` embeds attempt i, without the lexicon's
    scores.
    """
    attempts = list(dataset.attempts)
    kept = FILTERS[name]([attempts[index] for index in among], rows[list(among)])
    for index, worth in zip(among, kept.tolist(), strict=True):
        attempts[index] = replace(attempts[index], worth=worth)
    return replace(dataset, attempts=tuple(attempts))
