"""Embeddings of many problems from a bundle's files, as the advisor will make them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from pilotfish.trainers.evaluate import Embeddings
from pilotfish.trainers.tokens import tokenise

_BATCH = 16


def embed(encoder: Path, tokenizer: Tokenizer, texts: Sequence[str]) -> Embeddings:
    """Return float32 (len(texts), dim) from an ONNX file; equal texts are read once.

    In batches of similar length: padding costs as much as words.
    """
    session = onnxruntime.InferenceSession(
        str(encoder), providers=["CPUExecutionProvider"]
    )
    unique = sorted(set(texts), key=lambda text: (len(text), text))
    rows: dict[str, Embeddings] = {}
    for start in range(0, len(unique), _BATCH):
        chunk = unique[start : start + _BATCH]
        ids, mask = tokenise(tokenizer, chunk)
        feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        rows.update(zip(chunk, session.run(None, feed)[0], strict=True))
    return np.asarray([rows[text] for text in texts], np.float32)
