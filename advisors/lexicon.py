"""What words say about approaches: linear scores of a text's letter sequences.

Embeddings say what a text means and lose which words it has; tables, units and names often
decide what works. On intercode_sql a ridge regression on such sequences predicts better
than one on embeddings (docs/decisions.md).

A text's scores come from a model that was not taught this text: texts are dealt into
folds by a hash, and each fold has weights from the others' (cross-fitting, as for stacked
generalisation: Wolpert, 1992). So scores of learned texts deserve no more trust than those
of new ones, and are a fixed function of the text.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from pilotfish.advisors.folds import dealt
from pilotfish.schemas.errors import BundleError

FOLDS: Final = 10
BUCKETS: Final = 2**15
_SIZES: Final = (3, 4, 5)
_READ: Final = 1000
"""Characters of a text that are read; the encoder reads fewer."""
_WORD: Final = re.compile(r"\w+")

Sparse = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Buckets and their values."""


class Lexicon:
    """Scores texts: row i of what it returns is how far text i moves each chance.

    Args:
        rarity: (BUCKETS) inverse document frequencies.
        weights: (FOLDS, BUCKETS, approaches); no approaches where nothing was learned.
    """

    def __init__(
        self, rarity: NDArray[np.float32], weights: NDArray[np.float16]
    ) -> None:
        self._rarity = rarity
        self._weights = weights

    @classmethod
    def empty(cls) -> "Lexicon":
        """Return a lexicon that has learned nothing."""
        nothing = np.zeros((FOLDS, BUCKETS, 0), np.float16)
        return cls(np.zeros(BUCKETS, np.float32), nothing)

    @property
    def width(self) -> int:
        """How many scores a text gets: one for each approach that was learned."""
        return int(self._weights.shape[2])

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (len(texts), width)."""
        scored = np.zeros((len(texts), self.width), np.float32)
        if self.width:
            for row, text in enumerate(texts):
                buckets, values = sequences(text, self._rarity)
                weights = self._weights[fold_of(text), buckets].astype(np.float32)
                scored[row] = values @ weights
        return scored

    def beside(
        self, meaning: NDArray[np.float32], texts: Sequence[str]
    ) -> NDArray[np.float32]:
        """Return rows of embeddings with the scores of their texts behind them."""
        return np.hstack([meaning, self.scores(texts)])

    def to_bytes(self) -> bytes:
        """Return the lexicon as safetensors."""
        tensors: dict[str, NDArray[Any]] = {
            "rarity": self._rarity,
            "weights": self._weights,
        }
        return safetensors.numpy.save(tensors)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Lexicon":
        """Return the lexicon that `to_bytes` wrote.

        Raises:
            BundleError: these bytes are not a lexicon that this version can read.
        """
        try:
            state = safetensors.numpy.load(content)
            rarity, weights = state["rarity"], state["weights"]
        except (SafetensorError, KeyError) as error:
            raise BundleError(f"these bytes are not a lexicon: {error}") from error
        if rarity.shape != (BUCKETS,) or weights.shape[:2] != (FOLDS, BUCKETS):
            raise BundleError(f"not a lexicon: shapes {rarity.shape}, {weights.shape}")
        return cls(rarity, weights)


def sequences(text: str, rarity: NDArray[np.float32]) -> Sparse:
    """Return a text's sequences of 3 to 5 letters within words, at length 1.

    Buckets by CRC-32 (hashing trick: Weinberger et al., 2009); values are 1 + log of the
    count, times the bucket's rarity.
    """
    counts = Counter(
        zlib.crc32(f" {word} "[start : start + size].encode()) % BUCKETS
        for word in _WORD.findall(text[:_READ].lower())
        for size in _SIZES
        for start in range(max(1, len(word) + 3 - size))
    )
    buckets = np.fromiter(counts, np.int64, len(counts))
    values = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
    values *= rarity[buckets]
    length = float(np.linalg.norm(values))
    return buckets, (values / (length or 1.0)).astype(np.float32)


def fold_of(text: str) -> int:
    """Return the fold of a text, whose weights were not taught it."""
    return dealt("lexicon", text, FOLDS)
