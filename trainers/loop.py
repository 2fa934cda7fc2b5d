"""The training loop: a DeepSpeed engine in one process, or in all that torchrun starts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import deepspeed
import numpy as np
import torch
import torch.distributed
from tokenizers import Tokenizer
from torch import Tensor

from pilotfish.advisors.encoder import Embeddings
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.lora import (
    ApproachModel,
    TrainingBatch,
    adapt,
    loss_of,
    merge,
)
from pilotfish.trainers.process_group import from_first, join_process_group
from pilotfish.trainers.tokens import tokenise

Report = Callable[[int, int, float], None]
"""Called after each step with the step, the number of steps, and the loss."""

_BATCH = 64
_EPOCHS = 3
_MOST_STEPS = 120
_LORA_RATE = 2e-3
_HEAD_RATE = 2e-2
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class TrainingSplit:
    """Attempts with the incumbent's embeddings of their problems, row by row."""

    attempts: Sequence[Attempt]
    embeddings: Embeddings


def fit(
    embedder: Embedder,
    tokenizer: Tokenizer,
    train: TrainingSplit,
    validation: TrainingSplit,
    seed: int,
    report: Report,
) -> Embedder:
    """Return the embedder, adapted with LoRA to the outcomes and merged, on the CPU.

    Keeps the weights after the epoch with the least log loss on validation attempts, but
    never the initial weights: the gate decides whether training helped.
    """
    join_process_group()
    from_first((train, validation, seed))
    return _fit(embedder, tokenizer, (train, validation), seed, report)


def run_follower(embedder: Embedder, tokenizer: Tokenizer) -> None:
    """Share the training of the group's first process; return if it releases followers."""
    join_process_group()
    arguments = from_first(None)
    if arguments is not None:
        train, validation, seed = arguments
        _fit(embedder, tokenizer, (train, validation), seed, lambda *_: None)


def release_followers() -> None:
    """End the followers: the first process has nothing to train."""
    join_process_group()
    from_first(None)


def _fit(
    embedder: Embedder,
    tokenizer: Tokenizer,
    splits: tuple[TrainingSplit, TrainingSplit],
    seed: int,
    report: Report,
) -> Embedder:
    train, validation = splits
    torch.manual_seed(seed)
    attempts = [*train.attempts, *validation.attempts]
    approaches = sorted({attempt.approach for attempt in attempts})
    rate = float(np.mean([attempt.p_success for attempt in train.attempts]))
    model = ApproachModel(adapt(embedder, seed), len(approaches), rate)
    data = _batch(train, approaches, tokenizer)
    check = _batch(validation, approaches, tokenizer) if validation.attempts else data
    engine = _engine(model, _steps(len(train.attempts)))
    _run(engine, data, check, seed, report)
    engine.destroy()
    return merge(model.embedder.cpu().float())


def _steps(attempts: int) -> int:
    return min(_EPOCHS * -(-attempts // _BATCH), _MOST_STEPS)


def _run(
    engine: Any, data: TrainingBatch, check: TrainingBatch, seed: int, report: Report
) -> None:
    total = _steps(len(data.outcome))
    per_epoch = -(-total // _EPOCHS)
    best, kept = float("inf"), _trainable(engine)
    for step, chosen in enumerate(_draws(len(data.outcome), total, seed), start=1):
        engine.train()
        batch = _take(data, _own_share(chosen), engine.device)
        embedding, logits = engine(
            batch.input_ids, batch.attention_mask, batch.approach
        )
        loss = loss_of(embedding, logits, batch)
        engine.backward(loss)
        engine.step()
        report(step, total, loss.item())
        if step % per_epoch and step != total:
            continue
        loss_now = _validate(engine, check)
        if loss_now < best:
            best, kept = loss_now, _trainable(engine)
    _restore(engine, kept)


def _draws(attempts: int, steps: int, seed: int) -> Iterator[Tensor]:
    """Yield `steps` batches of row numbers: shuffled passes over all rows."""
    generator = torch.Generator().manual_seed(seed)
    passes = -(-steps * _BATCH // attempts) + 1
    order = torch.cat(
        [torch.randperm(attempts, generator=generator) for _ in range(passes)]
    )
    yield from torch.split(order, _BATCH)[:steps]


def _own_share(chosen: Tensor) -> Tensor:
    """Return the rows of a batch that this process computes."""
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    return chosen[rank::size]


def _engine(model: ApproachModel, steps: int) -> Any:
    lora = [p for p in model.embedder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": lora, "lr": _LORA_RATE},
            {"params": [model.weight, model.bias], "lr": _HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    # Any: DeepSpeed's annotation has the old base class of schedulers.
    schedule: Any = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / _WARM_UP) * (1 - step / (steps + 1)),
    )
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=optimizer,
        lr_scheduler=schedule,
        config=_config(),
        dist_init_required=False,
    )
    return engine


def _config() -> dict[str, Any]:
    cuda = torch.cuda.is_available()
    size = torch.distributed.get_world_size()
    return {
        "train_micro_batch_size_per_gpu": -(-_BATCH // size),
        "gradient_clipping": 1.0,
        "zero_optimization": {"stage": 1 if size > 1 else 0},
        "bf16": {"enabled": cuda and torch.cuda.is_bf16_supported()},
        "fp16": {"enabled": cuda and not torch.cuda.is_bf16_supported()},
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 10**9,
    }


def _batch(
    split: TrainingSplit, approaches: Sequence[str], tokenizer: Tokenizer
) -> TrainingBatch:
    attempts = split.attempts
    ids, mask = tokenise(tokenizer, [attempt.problem for attempt in attempts])
    tried = [approaches.index(attempt.approach) for attempt in attempts]
    return TrainingBatch(
        input_ids=ids,
        attention_mask=mask,
        approach=torch.tensor(tried),
        outcome=torch.tensor([attempt.p_success for attempt in attempts]).float(),
        weight=torch.tensor([attempt.weight for attempt in attempts]).float(),
        before=torch.from_numpy(split.embeddings),
    )


def _take(data: TrainingBatch, rows: Tensor, device: torch.device) -> TrainingBatch:
    longest = int(data.attention_mask[rows].sum(1).max())
    return TrainingBatch(
        input_ids=data.input_ids[rows, :longest].to(device),
        attention_mask=data.attention_mask[rows, :longest].to(device),
        approach=data.approach[rows].to(device),
        outcome=data.outcome[rows].to(device),
        weight=data.weight[rows].to(device),
        before=data.before[rows].to(device),
    )


@torch.inference_mode()
def _validate(engine: Any, check: TrainingBatch) -> float:
    """Return the weighted mean log loss; all processes compute the same value."""
    engine.eval()
    total = 0.0
    for rows in torch.split(torch.arange(len(check.outcome)), _BATCH):
        batch = _take(check, rows, engine.device)
        _, logits = engine(batch.input_ids, batch.attention_mask, batch.approach)
        total += float(
            torch.nn.functional.binary_cross_entropy_with_logits(
                logits, batch.outcome, weight=batch.weight, reduction="sum"
            )
        )
    return total / float(check.weight.sum())


def _trainable(engine: Any) -> list[Tensor]:
    return [p.detach().clone() for p in engine.module.parameters() if p.requires_grad]


@torch.no_grad()
def _restore(engine: Any, kept: list[Tensor]) -> None:
    trainable = [p for p in engine.module.parameters() if p.requires_grad]
    for parameter, value in zip(trainable, kept, strict=True):
        parameter.copy_(value)
