"""Models of two layers with random weights, saved as folders; an advisor in service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base
from pilotfish.trainers.promote import put_into_service

WORDS = [
    "[PAD]",
    "[UNK]",
    *[
        "sort",
        "these",
        "words",
        "what",
        "is",
        "the",
        "sum",
        "of",
        "a",
        "list",
        "find",
        "rows",
    ],
]
SIZES: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
}
CAUSAL: dict[str, Any] = {
    **SIZES,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
}
CAUSAL["eos_token_id"] = 2

ARCHITECTURES: dict[str, Callable[[], PreTrainedModel]] = {
    "bert": lambda: BertModel(BertConfig(**SIZES)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**CAUSAL)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**CAUSAL)),
    "phi3": lambda: Phi3ForCausalLM(Phi3Config(**CAUSAL)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**CAUSAL)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**CAUSAL, head_dim=16)),
}


@pytest.fixture
def serving(settings: Settings) -> Bundle:
    """The base advisor under another name, in service for the test's tenant."""
    base = ensure_base(settings)
    written = bundle.write(
        ModelStore(settings.models).path(settings.tenant, "first"),
        base.card.model_dump(exclude={"files"})
        | {"tenant": settings.tenant, "version": "first"},
        {name: (base.path / name).read_bytes() for name in bundle.FILES},
    )
    put_into_service(settings, written, "put there by a test")
    return written


@pytest.fixture
def tiny_model(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that saves a model of an architecture and returns its folder."""

    def save(architecture: str) -> Path:
        torch.manual_seed(0)
        folder = tmp_path / architecture
        ARCHITECTURES[architecture]().save_pretrained(folder)
        vocabulary = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.save(str(folder / "tokenizer.json"))
        return folder

    return save
