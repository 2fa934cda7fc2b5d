"""Every supported architecture: adapt, one LoRA step, merge, export, parity."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.export import export
from pilotfish.trainers.lora import ApproachModel, TrainingBatch, adapt, loss_of, merge
from pilotfish.trainers.tokens import tokenise

TEXTS = ["sort these words", "what is the sum of a list", "find rows", "sort a list"]


@pytest.mark.parametrize(
    ("architecture", "pooling"),
    [
        ("bert", "mean"),
        ("llama", "last"),
        ("mistral", "last"),
        ("phi3", "last"),
        ("qwen2", "last"),
        ("qwen3", "last"),
    ],
)
def test_a_lora_step_reaches_the_onnx_file(
    architecture: str,
    pooling: str,
    tiny_model: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    base = load_base(str(tiny_model(architecture)))
    ids, mask = tokenise(base.tokenizer, TEXTS)
    with torch.no_grad():
        before = base.embedder(ids, mask)
    model = ApproachModel(adapt(base.embedder, seed=1), approaches=2, base_rate=0.5)
    optimizer = torch.optim.AdamW(
        (p for p in model.parameters() if p.requires_grad), 0.05
    )
    batch = TrainingBatch(
        ids,
        mask,
        torch.tensor([0, 1, 0, 1]),
        torch.tensor([1.0, 0.0, 0.0, 1.0]),
        torch.ones(4),
        before,
    )
    for _ in range(2):  # LoRA's B is zero at first: the first step moves it alone
        optimizer.zero_grad()
        embedding, logits = model(ids, mask, batch.approach)
        loss_of(embedding, logits, batch).backward()
        optimizer.step()
    embedder = merge(model.embedder)

    _, parity = export(embedder, base.tokenizer, TEXTS, tmp_path)

    assert embedder.pooling == pooling
    assert parity.ok, parity
    with torch.no_grad():
        after = embedder(ids, mask)
    assert not torch.allclose(before, after, atol=1e-4)
    np.testing.assert_allclose(after.norm(dim=1).numpy(), 1.0, atol=1e-5)


@pytest.mark.parametrize("architecture", ["bert", "qwen2"])
def test_padding_changes_no_embedding(
    architecture: str, tiny_model: Callable[[str], Path]
) -> None:
    base = load_base(str(tiny_model(architecture)))
    with torch.no_grad():
        together = base.embedder(*tokenise(base.tokenizer, TEXTS))
        alone = torch.cat(
            [base.embedder(*tokenise(base.tokenizer, [t])) for t in TEXTS]
        )
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
