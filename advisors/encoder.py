"""Texts to embeddings with the ONNX encoder and the lexicon of a bundle, on the CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.lexicon import Lexicon
from pilotfish.schemas.errors import BundleError

Embeddings = NDArray[np.float32]

_BATCH: Final = 8
"""Texts of a run; more gain nothing on a CPU and pad short texts to longer ones."""


class Encoder:
    """Embeds texts, in one thread at a time.

    A text gets nearly the same embedding each time: padding moves the last digits.

    Args:
        bundle: its encoder and tokenizer are used; texts are cut at its max_tokens.
        threads: cores that each text may use.

    Raises:
        BundleError: a file cannot be read as what its name says.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        try:
            tokenizer = Tokenizer.from_file(str(bundle.path / "tokenizer.json"))
        except Exception as error:
            raise BundleError(f"{bundle.path}/tokenizer.json: {error}") from error
        cut_and_pad(tokenizer, bundle.card.max_tokens)
        self._tokenizer = tokenizer
        self._session = open_session(bundle.path / "encoder.onnx", threads)
        words = (bundle.path / "lexicon.safetensors").read_bytes()
        self._lexicon = Lexicon.from_bytes(words)

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return (len(texts), dim); equal texts are encoded once.

        The part that the encoder makes has length 1; the lexicon's scores follow.
        """
        meaning = embed(self._session, self._tokenizer, texts)
        return self._lexicon.beside(meaning, texts)


def open_session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open an ONNX file for `threads` cores that sleep between runs.

    Raises:
        BundleError: it is not an ONNX file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads would spin on the cores that broker and store need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise BundleError(f"{file} is not a readable ONNX file: {error}") from error


def cut_and_pad(tokenizer: Tokenizer, max_tokens: int) -> None:
    """Let a tokenizer cut texts at `max_tokens` and pad shorter ones on the right."""
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding(pad_id=_pad_id(tokenizer))


def embed(
    session: onnxruntime.InferenceSession, tokenizer: Tokenizer, texts: Sequence[str]
) -> Embeddings:
    """Return float32 (len(texts), dim), read in batches of similar length."""
    unique = sorted(set(texts), key=lambda text: (len(text), text))
    rows: dict[str, Embeddings] = {}
    for start in range(0, len(unique), _BATCH):
        chunk = unique[start : start + _BATCH]
        rows.update(zip(chunk, _run(session, tokenizer, chunk), strict=True))
    dim = session.get_outputs()[0].shape[-1]
    return np.asarray([rows[text] for text in texts], np.float32).reshape(-1, dim)


def _run(
    session: onnxruntime.InferenceSession, tokenizer: Tokenizer, texts: Sequence[str]
) -> Embeddings:
    encoded = tokenizer.encode_batch(list(texts))
    feed = {
        "input_ids": np.array([encoding.ids for encoding in encoded], np.int64),
        "attention_mask": np.array(
            [encoding.attention_mask for encoding in encoded], np.int64
        ),
    }
    return np.asarray(session.run(None, feed)[0], np.float32)


def _pad_id(tokenizer: Tokenizer) -> int:
    # Masked everywhere, so any id does; RoBERTa alone derives positions from it.
    for token in ("[PAD]", "<pad>"):
        token_id = tokenizer.token_to_id(token)
        if token_id is not None:
            return int(token_id)
    return 0
