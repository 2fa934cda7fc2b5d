"""Embeddings of recent texts: a label's problem was embedded for its request already."""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import numpy as np
from cachetools import LRUCache
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
    """An encoder that remembers; any thread may use it.

    The encoder runs in one thread at a time. A text that is remembered waits for no run.

    Args:
        encoder: embeds the texts that are not remembered.
        size: how many texts to remember, those used last; 1.5 kB each at 384 dimensions.
    """

    def __init__(self, encoder: Embedder, size: int = 4096) -> None:
        self._encoder = encoder
        self._rows: LRUCache[bytes, Embeddings] = LRUCache(size)
        self._rows_lock = threading.Lock()
        self._encoder_lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return float32 (len(texts), dim); `texts` must not be empty."""
        by_key = {_key(text): text for text in texts}
        rows = self._remembered(by_key)
        if len(rows) < len(by_key):
            with self._encoder_lock:
                # The thread that held the lock may have embedded some of them.
                rows |= self._remembered(by_key.keys() - rows.keys())
                rows |= self._encode({k: t for k, t in by_key.items() if k not in rows})
        return np.stack([rows[_key(text)] for text in texts])

    def _remembered(self, keys: Iterable[bytes]) -> dict[bytes, Embeddings]:
        with self._rows_lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def _encode(self, texts: dict[bytes, str]) -> dict[bytes, Embeddings]:
        if not texts:
            return {}
        worded = [text if text.strip() else _BLANK for text in texts.values()]
        rows = dict(zip(texts, self._encoder.embed(worded), strict=True))
        with self._rows_lock:
            for key, row in rows.items():
                self._rows[key] = row
        return rows


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
