"""Tokenises texts to padded tensors, exactly as the ONNX encoder does."""

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
    ids = torch.tensor([text.ids for text in encoded], dtype=torch.int64)
    mask = torch.tensor([text.attention_mask for text in encoded], dtype=torch.int64)
    return ids, mask
