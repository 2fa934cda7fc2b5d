"""Models of two layers with random weights, as folders that a training starts from."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from support.advice.attempts import KINDS
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

WORDS = [
    "[PAD]",
    "[UNK]",
    *[
        *re.findall(r"\w+", " ".join(KINDS.values())),
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
    "vocab_size": 128,
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

MAKERS: dict[str, Callable[[], PreTrainedModel]] = {
    "bert": lambda: BertModel(BertConfig(**SIZES)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**CAUSAL)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**CAUSAL)),
    "phi3": lambda: Phi3ForCausalLM(Phi3Config(**CAUSAL)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**CAUSAL)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**CAUSAL, head_dim=16)),
}


def save_tiny_model(architecture: str, folder: Path) -> Path:
    """Write a model and its tokenizer; return the folder."""
    torch.manual_seed(0)
    MAKERS[architecture]().save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
