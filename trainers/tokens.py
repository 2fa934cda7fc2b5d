"""Texts as padded tensors of token ids, in the way the ONNX encoder reads them."""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

from pilotfish.advisors.encoder import cut_and_pad

MAX_TOKENS = 64
"""Longer problems are cut: the embedding of their beginning names their kind.

Measured on 57 families of reasoning_gym: accuracy 0.859 with 64 tokens, 0.862 with 128,
at 0.6 of the time."""


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return input_ids and attention_mask, int64 (len(texts), longest text)."""
    cut_and_pad(tokenizer, MAX_TOKENS)
    encoded = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([one.ids for one in encoded], dtype=torch.int64)
    mask = torch.tensor([one.attention_mask for one in encoded], dtype=torch.int64)
    return ids, mask
