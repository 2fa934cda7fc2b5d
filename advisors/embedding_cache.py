"""Embeddings of recent texts: a label's problem was embedded for its request already."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float32]

_BLANK: Final = "."
"""Stands for a text without words: some tokenizers make no token of it, models need one."""


class Embedder(Protocol):
    """What an `Encoder` does."""

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return (len(texts), dim)."""
        ...


class EmbeddingCache:
    """An encoder that remembers; any thread may ask, one at a time gets to compute.

    Args:
        encoder: what embeds the texts that are not remembered.
        size: texts to remember, the ones used last; 1.5 kB each at 384 dimensions.
    """

    def __init__(self, encoder: Embedder, size: int = 4096) -> None:
        self._encoder = encoder
        self._size = size
        self._known: OrderedDict[bytes, Embeddings] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return float32 (len(texts), dim); `texts` must not be empty."""
        keys = [
            hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts
        ]
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
            missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in found}
            if missing:
                asked = [text if text.strip() else _BLANK for text in missing.values()]
                found |= zip(missing, self._encoder.embed(asked), strict=True)
            self._remember(found)
        return np.stack([found[key] for key in keys])

    def _remember(self, found: dict[bytes, Embeddings]) -> None:
        for key, row in found.items():
            self._known[key] = row
            self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
