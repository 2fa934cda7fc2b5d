"""Ways to derive labels from votes: P(success) of each attempt, NaN without a label."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene
from label_worlds import Drawn
from numpy.typing import NDArray

from pilotfish.streams.labels.model import LabelModel

P = NDArray[np.float64]


def label_model(drawn: Drawn) -> P:
    """Label each attempt from the votes before it; labels are never revised."""
    model, labels = LabelModel(), np.full(len(drawn.truth), np.nan)
    pairs = zip(drawn.votes, drawn.explicit, strict=True)
    for row, (votes, explicit) in enumerate(pairs):
        cast = {f"s{n}": bool(vote) for n, vote in enumerate(votes) if vote >= 0}
        if cast:
            labels[row] = model.label(cast)
        if cast or explicit >= 0:
            model.learn(cast, None if explicit < 0 else bool(explicit))
    return _with_explicit(labels, drawn)


def majority_vote(drawn: Drawn) -> P:
    """The share of votes for success."""
    votes = (drawn.votes >= 0).sum(1)
    share = (drawn.votes == 1).sum(1) / np.maximum(votes, 1)
    return _with_explicit(np.where(votes > 0, share, np.nan), drawn)


def dawid_skene(drawn: Drawn) -> P:
    """crowd-kit's, which fits all attempts at once; explicit outcomes are true labels."""
    rows, sources = np.nonzero(drawn.votes >= 0)
    votes = drawn.votes[rows, sources]
    table = pd.DataFrame({"task": rows, "worker": sources, "label": votes})
    given = np.flatnonzero(drawn.explicit >= 0)
    true_labels = pd.Series(drawn.explicit[given], given)
    true_labels = true_labels[true_labels.index.isin(rows)]
    proba = DawidSkene(n_iter=100).fit(table, true_labels).probas_
    assert proba is not None
    labels = np.full(len(drawn.truth), np.nan)
    labels[proba.index.to_numpy()] = proba.get(1, pd.Series(0.0, proba.index))
    return _with_explicit(labels, drawn)


def explicit_only(drawn: Drawn) -> P:
    """Explicit outcomes, and no label elsewhere."""
    return np.where(drawn.explicit >= 0, drawn.explicit, np.nan)


def _with_explicit(labels: P, drawn: Drawn) -> P:
    return np.where(drawn.explicit >= 0, drawn.explicit, labels)


RIVALS: dict[str, Callable[[Drawn], P]] = {
    "label model": label_model,
    "majority vote": majority_vote,
    "Dawid-Skene": dawid_skene,
    "explicit only": explicit_only,
}
