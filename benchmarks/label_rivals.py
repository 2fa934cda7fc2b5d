"""Ways to make labels of votes: each returns P(success) of each attempt, NaN for none."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene
from label_worlds import Drawn
from numpy.typing import NDArray

from pilotfish.streams.labels.model import LabelModel

P = NDArray[np.float64]


def label_model(drawn: Drawn) -> P:
    """Label each attempt by what was known when it came: it never looks back."""
    model, labels = LabelModel(), np.full(len(drawn.truth), np.nan)
    for row, (votes, said) in enumerate(zip(drawn.votes, drawn.said, strict=True)):
        named = {f"s{at}": bool(vote) for at, vote in enumerate(votes) if vote >= 0}
        if named:
            labels[row] = model.label(named)
        if named or said >= 0:
            model.learn(named, None if said < 0 else bool(said))
    return _with_explicit(labels, drawn)


def majority_vote(drawn: Drawn) -> P:
    """The share of votes for success."""
    votes = (drawn.votes >= 0).sum(1)
    share = (drawn.votes == 1).sum(1) / np.maximum(votes, 1)
    return _with_explicit(np.where(votes > 0, share, np.nan), drawn)


def dawid_skene(drawn: Drawn) -> P:
    """crowd-kit's, which looks at all attempts at once; what was said is its true labels."""
    rows, sources = np.nonzero(drawn.votes >= 0)
    votes = drawn.votes[rows, sources]
    table = pd.DataFrame({"task": rows, "worker": sources, "label": votes})
    known = pd.Series(drawn.said[drawn.said >= 0], np.flatnonzero(drawn.said >= 0))
    known = known[known.index.isin(rows)]
    proba = DawidSkene(n_iter=100).fit(table, known).probas_
    assert proba is not None
    labels = np.full(len(drawn.truth), np.nan)
    labels[proba.index.to_numpy()] = proba.get(1, pd.Series(0.0, proba.index))
    return _with_explicit(labels, drawn)


def explicit_only(drawn: Drawn) -> P:
    """What was said, and no label elsewhere."""
    return np.where(drawn.said >= 0, drawn.said, np.nan)


def _with_explicit(labels: P, drawn: Drawn) -> P:
    return np.where(drawn.said >= 0, drawn.said, labels)


RIVALS: dict[str, Callable[[Drawn], P]] = {
    "label model": label_model,
    "majority vote": majority_vote,
    "Dawid-Skene": dawid_skene,
    "explicit only": explicit_only,
}
