"""Embeds problems with the base encoder, in the dimension of the table `memory`."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.embedding_cache import Embedder, EmbeddingCache
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.memory_vectors import memory_vectors
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import BundleError, UnavailableError

Vectors = NDArray[np.float32]


class ProblemVectors:
    """Embeds problems with the pretrained encoder, which training does not change.

    Args:
        encoder: texts to vectors.
        name: the encoder's version; vectors of two names are not comparable.
    """

    def __init__(self, encoder: Embedder, name: str) -> None:
        self._encoder = EmbeddingCache(encoder)
        self.name = name

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the vectors of the base bundle in the model store.

        Raises:
            UnavailableError: there is no base bundle yet, or it cannot be read.
        """
        try:
            base = ModelStore(settings.models).base()
            return cls(Encoder(base), base.card.version)
        except BundleError as error:
            raise UnavailableError(
                f"the memory cannot load the base encoder: {error}"
            ) from error

    def embed(self, problems: Sequence[str]) -> Vectors:
        """Return float32 (len(problems), 384), rows of length 1; at least one problem."""
        return memory_vectors(self._encoder.embed(problems))
