"""Open encoders, one for each bundle, however many tenants use it."""

import os
import threading
from typing import Final
from weakref import WeakValueDictionary

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache
from pilotfish.advisors.encoder import Encoder

_THREADS: Final = min(2, os.cpu_count() or 1)
"""Measured on two busy cores: batches take half as long as with one thread."""


class Encoders:
    """Encoders by the checksum of their bundle, each open for as long as it is used."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[str, EmbeddingCache] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, bundle: Bundle) -> EmbeddingCache:
        """Return the bundle's encoder; opening it takes a few tenths of a second.

        Raises:
            BundleError: the encoder cannot be read.
        """
        with self._lock:
            cache = self._open.get(bundle.checksum)
            if cache is None:
                cache = EmbeddingCache(Encoder(bundle, _THREADS))
                self._open[bundle.checksum] = cache
            return cache
