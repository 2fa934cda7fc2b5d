"""A pretrained encoder as it goes into the base bundle."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.trainers.encoding import Pooling


@dataclass(frozen=True, slots=True)
class BaseEncoder:
    """`file` is the int8 ONNX file, `metrics` what its check measured."""

    file: Path
    tokenizer: Tokenizer
    pooling: Pooling
    dim: int
    metrics: Mapping[str, float]
