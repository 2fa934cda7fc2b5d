"""Texts as padded tensors of token ids, in the way the ONNX encoder reads them."""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

from pilotfish.advisors.encoder import cut_and_pad
from pilotfish.trainers.encoding import MAX_TOKENS


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return input_ids and attention_mask, int64 (len(texts), longest text)."""
    cut_and_pad(tokenizer, MAX_TOKENS)
    encoded = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([one.ids for one in encoded], dtype=torch.int64)
    mask = torch.tensor([one.attention_mask for one in encoded], dtype=torch.int64)
    return ids, mask
