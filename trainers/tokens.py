"""Tokenises texts to padded tensors, exactly as the ONNX encoder does."""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

from pilotfish.advisors.encoder import cut_and_pad

MAX_TOKENS = 64
"""Longer problems are truncated: their beginning determines their kind.

Measured on 57 families of reasoning_gym: accuracy 0.859 with 64 tokens, 0.862 with 128,
at 0.6 of the time."""


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return input_ids and attention_mask, int64 (len(texts), longest text)."""
    cut_and_pad(tokenizer, MAX_TOKENS)
    encoded = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([text.ids for text in encoded], dtype=torch.int64)
    mask = torch.tensor([text.attention_mask for text in encoded], dtype=torch.int64)
    return ids, mask
