"""Embeds many problems with a bundle's files, exactly as the advisor does."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.advisors import encoder
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.encoder import Embeddings, Encoder
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.lexicon import Lexicon
from pilotfish.trainers.encoding import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class Embedded:
    """Row i embeds text i; the last `words` numbers of a row are a lexicon's scores."""

    rows: Embeddings
    words: int

    @property
    def meaning(self) -> Embeddings:
        """The rows without the lexicon's scores."""
        return self.rows[:, : self.rows.shape[1] - self.words]

    def respelled(self, lexicon: Lexicon, texts: Sequence[str]) -> "Embedded":
        """Return the rows with another lexicon's scores, without running the encoder."""
        return Embedded(lexicon.beside(self.meaning, texts), lexicon.width)

    def head(self) -> FastHead:
        """Return an untrained head for such rows."""
        return FastHead(self.rows.shape[1], self.words)


def embed_with(advisor: Bundle, texts: Sequence[str]) -> Embedded:
    """Embed with an advisor's own files, on all cores.

    Raises:
        BundleError: a file of the bundle is malformed.
    """
    model = Encoder(advisor, len(os.sched_getaffinity(0)))
    return Embedded(model.embed(texts), advisor.card.words)


def embed(file: Path, tokenizer: Tokenizer, texts: Sequence[str]) -> Embeddings:
    """Return float32 (len(texts), dim) from an ONNX file, on all cores."""
    encoder.cut_and_pad(tokenizer, MAX_TOKENS)
    session = encoder.open_session(file, len(os.sched_getaffinity(0)))
    return encoder.embed(session, tokenizer, texts)
