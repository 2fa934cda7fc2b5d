"""The trained model: LoRA on an embedder's attention, and a head for each approach."""

from dataclasses import dataclass
from typing import cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.trainers.embedder import Embedder

_RANK = 8
_SCALE = 10.0
"""Embeddings have length 1: logits of several units need a large scale."""
_NEIGHBOUR_TEMPERATURE = 0.1
_NEIGHBOUR_WEIGHT = 3.0
_PAIR_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """Attempts as tensors; `before` are the embeddings (n, dim) of the incumbent."""

    input_ids: Tensor
    attention_mask: Tensor
    approach: Tensor
    outcome: Tensor
    weight: Tensor
    before: Tensor


class ApproachModel(nn.Module):
    """P(success | problem, approach) = sigmoid(w[approach] . e(problem) + b[approach])."""

    def __init__(self, embedder: Embedder, approaches: int, base_rate: float) -> None:
        super().__init__()
        self.embedder = embedder
        self.weight = nn.Parameter(torch.zeros(embedder.dim, approaches))
        prior = torch.logit(torch.tensor(base_rate), eps=0.02)
        self.bias = nn.Parameter(torch.full((approaches,), float(prior)))

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, approach: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the embeddings (n, dim) and the logits (n) of the approaches tried."""
        embedding = self.embedder(input_ids, attention_mask)
        logits = _SCALE * embedding @ self.weight.float() + self.bias.float()
        return embedding, logits.gather(1, approach[:, None]).squeeze(1)


def adapt(embedder: Embedder, seed: int) -> Embedder:
    """Freeze the embedder's model and put trainable LoRA matrices into its attention.

    Raises:
        ConfigurationError: the model has no linear layers in an attention.
    """
    names = attention_layers(embedder.model)
    if not names:
        raise ConfigurationError(
            "the base model has no attention layers that LoRA could adapt: choose "
            "another PILOTFISH_BASE_MODEL"
        )
    torch.manual_seed(seed)
    config = LoraConfig(r=_RANK, lora_alpha=2 * _RANK, target_modules=names)
    embedder.model = get_peft_model(embedder.model, config)
    return embedder


def merge(embedder: Embedder) -> Embedder:
    """Add the LoRA matrices to the weights they adapt, and remove `adapt`'s wrapper."""
    adapted = cast("PeftModel", embedder.model)
    embedder.model = adapted.merge_and_unload()
    return embedder.eval()


def attention_layers(model: nn.Module) -> list[str]:
    """Return the names of the linear layers inside attention blocks."""
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and "att" in name.lower()
    ]


def loss_of(embedding: Tensor, logits: Tensor, batch: TrainingBatch) -> Tensor:
    """Return weighted log loss, plus a pairwise term, plus a pull towards neighbours.

    The pairwise term: of two attempts with one approach at similar problems, the
    successful one should get the higher logit. The pull (cross-entropy of the batch's
    similarities against those before training, sharpened) brings problems of one kind
    together, so that the fast head needs fewer attempts to learn a kind.
    """
    near = neighbours(batch.before)
    log_loss = nn.functional.binary_cross_entropy_with_logits(
        logits, batch.outcome, weight=batch.weight
    )
    return (
        log_loss
        + _PAIR_WEIGHT * _pairwise(logits, batch, near)
        + _NEIGHBOUR_WEIGHT * _pull(embedding, near)
    )


def _pairwise(logits: Tensor, batch: TrainingBatch, near: Tensor) -> Tensor:
    better = batch.outcome[:, None] - batch.outcome[None, :]
    same = batch.approach[:, None] == batch.approach[None, :]
    pairs = better.clamp(min=0) * same * near
    ranked = nn.functional.softplus(logits[None, :] - logits[:, None])
    return (pairs * ranked).sum() / pairs.sum().clamp(min=1e-6)


def _pull(embedding: Tensor, near: Tensor) -> Tensor:
    similarity = embedding @ embedding.T / _NEIGHBOUR_TEMPERATURE
    itself = torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
    logs = similarity.masked_fill(itself, -1e4).log_softmax(1)
    return -(near * logs).sum(1).mean()


def neighbours(embeddings: Tensor, temperature: float = 0.05) -> Tensor:
    """Return (n, n) nearness of problems: softmax of centred cosines, diagonal 0."""
    centred = nn.functional.normalize(embeddings - embeddings.mean(0), dim=1)
    itself = torch.eye(len(embeddings), dtype=torch.bool, device=embeddings.device)
    cosines = centred @ centred.T / temperature
    return cosines.masked_fill(itself, -1e4).softmax(1)
