from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.loop import TrainingSplit, fit
from pilotfish.trainers.tokens import tokenise

WORDS = ["what", "is", "the", "sum", "of", "a", "list", "find", "rows"]


def lesson(
    embedder: Embedder, tokenizer: Tokenizer, count: int, seed: int
) -> TrainingSplit:
    """Problems with the word `sort` succeed with approach a and fail with b."""
    rng = np.random.default_rng(seed)
    attempts = []
    for number in range(count):
        sort, approach = bool(rng.integers(2)), "ab"[rng.integers(2)]
        words = [str(word) for word in rng.choice(WORDS, 5)]
        text = " ".join([*words, "sort"] if sort else words)
        success = float(sort == (approach == "a"))
        attempts.append(Attempt(f"a{number}", text, "", approach, success))
    with torch.inference_mode():
        embedded = embedder(*tokenise(tokenizer, [one.problem for one in attempts]))
    return TrainingSplit(attempts, embedded.numpy().copy())


@pytest.mark.parametrize("architecture", ["bert", "qwen2"])
def test_deepspeed_adapts_and_reports_each_step(
    architecture: str, tiny_model: Callable[[str], Path]
) -> None:
    base = load_base(str(tiny_model(architecture)))
    train = lesson(base.embedder, base.tokenizer, 200, seed=1)
    check = lesson(base.embedder, base.tokenizer, 60, seed=2)
    seen: list[tuple[int, int]] = []

    embedder = fit(
        base.embedder,
        base.tokenizer,
        train,
        check,
        seed=3,
        report=lambda step, total, loss: seen.append((step, total)),
    )

    assert seen == [(step, 12) for step in range(1, len(seen) + 1)]
    assert not any("lora" in name for name, _ in embedder.named_parameters())
    after = lesson(embedder, base.tokenizer, 60, seed=2)
    assert not np.allclose(after.embeddings, check.embeddings, atol=1e-3)


def test_the_same_seed_trains_the_same_model(
    tiny_model: Callable[[str], Path],
) -> None:
    folder = str(tiny_model("bert"))
    results = []
    for _ in range(2):
        base = load_base(folder)
        train = lesson(base.embedder, base.tokenizer, 100, seed=1)
        check = lesson(base.embedder, base.tokenizer, 30, seed=2)
        fitted = fit(base.embedder, base.tokenizer, train, check, 3, lambda *_: None)
        results.append(lesson(fitted, base.tokenizer, 30, seed=2).embeddings)
    np.testing.assert_allclose(*results, atol=1e-5)
