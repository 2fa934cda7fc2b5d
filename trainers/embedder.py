"""A Hugging Face model that turns tokens into one embedding of length 1."""

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from pilotfish.trainers.encoding import Pooling


class Embedder(nn.Module):
    """`model` followed by pooling and L2 normalisation.

    Takes `input_ids` and `attention_mask`, both int64 (batch, length) and padded on
    the right; gives float (batch, dim). "mean" is for encoders: every token sees
    every other. "last" is for causal models: the state of the last real token.
    """

    def __init__(self, model: nn.Module, pooling: Pooling) -> None:
        super().__init__()
        self.model = model
        self.pooling: Pooling = pooling
        accepted = inspect.signature(model.forward).parameters
        self._token_types = "token_type_ids" in accepted
        # RoBERTa models number positions from the padding id: they compute their own.
        self._positions = pooling == "last" or _model_type(model) == "bert"

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return int(self.model.config.hidden_size)  # type: ignore[union-attr,arg-type]

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)[None]
        extra: dict[str, Any] = {}
        # Explicit, because the TorchScript exporter gets the models' own buffers wrong.
        if self._token_types:
            extra["token_type_ids"] = torch.zeros_like(input_ids)
        if self._positions:
            extra["position_ids"] = positions
        if self.pooling == "last":
            extra["use_cache"] = False
        states = self.model(
            input_ids=input_ids,
            attention_mask=self._additive_mask(attention_mask, positions),
            **extra,
        ).last_hidden_state
        weights = self._weights(attention_mask, positions).to(states.dtype)
        pooled = (weights.unsqueeze(1) @ states).squeeze(1)
        return nn.functional.normalize(pooled.float(), dim=-1)

    def _additive_mask(self, mask: Tensor, positions: Tensor) -> Tensor:
        """(batch, 1, length, length): 0 where a token may attend, else the least number."""
        dtype = next(self.model.parameters()).dtype
        visible = mask[:, None, None, :].bool()
        causal = positions[:, None, None, :] <= positions[:, None, :, None]
        visible = visible & (causal if self.pooling == "last" else causal | ~causal)
        return (1.0 - visible.to(dtype)) * torch.finfo(dtype).min

    def _weights(self, mask: Tensor, positions: Tensor) -> Tensor:
        if self.pooling == "last":
            return (positions == mask.sum(1, keepdim=True) - 1).float()
        return mask.float() / mask.sum(1, keepdim=True).clamp(min=1).float()


def _model_type(model: nn.Module) -> str:
    return str(getattr(model.config, "model_type", ""))
