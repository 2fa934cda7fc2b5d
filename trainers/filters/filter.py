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
"""Takes attempts and their problems' embeddings (attempts, dim), no scores by words;
returns (attempts) which are worth learning from. Nobody else's attempts are asked."""


def everything(attempts: Sequence[Attempt], _rows: Embeddings) -> Kept:
    """Keep all."""
    return np.ones(len(attempts), np.bool_)


FILTERS: Final[Mapping[FilterName, Filter]] = MappingProxyType(
    {"everything": everything, "rated": rated, "judged": judged}
)


def sift(
    dataset: Dataset, rows: Embeddings, name: FilterName, among: Sequence[int]
) -> Dataset:
    """Return the dataset with `worth` of the attempts numbered `among` decided.

    Only these are looked at. Row i of `rows` embeds attempt i, without scores by words.
    """
    attempts = list(dataset.attempts)
    kept = FILTERS[name]([attempts[at] for at in among], rows[list(among)])
    for at, worth in zip(among, kept.tolist(), strict=True):
        attempts[at] = replace(attempts[at], worth=worth)
    return replace(dataset, attempts=tuple(attempts))
