"""Encoders of base models that only torch can read."""

from pathlib import Path

from pilotfish.schemas.errors import BundleError
from pilotfish.trainers.base_encoder import BaseEncoder
from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.export import export


def exported(name: str, folder: Path) -> BaseEncoder:
    """Export the int8 encoder of a base model to `folder`.

    Raises:
        ConfigurationError: no such base model.
        BundleError: its ONNX file does not agree with torch.
    """
    base = load_base(name)
    encoder, parity = export(base.embedder, base.tokenizer, [], folder)
    if not parity.ok:
        raise BundleError(f"ONNX of {name!r} differs from torch: {parity}")
    metrics = {
        "onnx_difference": parity.max_difference,
        "int8_cosine": parity.int8_cosine,
    }
    embedder = base.embedder
    return BaseEncoder(encoder, base.tokenizer, embedder.pooling, embedder.dim, metrics)
