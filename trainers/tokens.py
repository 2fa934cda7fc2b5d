"""Texts as padded tensors of token ids, in the way the ONNX encoder reads them."""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

MAX_TOKENS = 128
"""Longer problems are cut: the embedding of their beginning names their kind."""


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return input_ids and attention_mask, int64 (len(texts), longest text)."""
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(pad_id=_pad_id(tokenizer))
    encoded = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([one.ids for one in encoded], dtype=torch.int64)
    mask = torch.tensor([one.attention_mask for one in encoded], dtype=torch.int64)
    return ids, mask


def _pad_id(tokenizer: Tokenizer) -> int:
    # Masked everywhere, so any id does; RoBERTa alone derives positions from it.
    for token in ("[PAD]", "<pad>"):
        found = tokenizer.token_to_id(token)
        if found is not None:
            return found
    return 0
