"""Embeddings of many problems from a bundle's files, as the advisor will make them."""

import os
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.advisors import encoder
from pilotfish.advisors.encoder import Embeddings
from pilotfish.trainers.tokens import MAX_TOKENS


def embed(file: Path, tokenizer: Tokenizer, texts: Sequence[str]) -> Embeddings:
    """Return float32 (len(texts), dim) from an ONNX file, on all cores."""
    encoder.cut_and_pad(tokenizer, MAX_TOKENS)
    session = encoder.open_session(file, len(os.sched_getaffinity(0)))
    return encoder.embed(session, tokenizer, texts)
