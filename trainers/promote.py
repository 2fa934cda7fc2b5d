"""Writes a trained encoder as a bundle into the store, and announces it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.advisors import bundle
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.lexicon import Lexicon
from pilotfish.runtime.promotions import announce
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.trainers.encoding import MAX_TOKENS, Pooling


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a bundle; `catalogue` is approach -> instruction."""

    tenant: str
    version: str
    parent: str
    created_at: datetime
    base_model: str
    pooling: Pooling
    encoder: Path
    tokenizer: Tokenizer
    head: FastHead
    lexicon: Lexicon = field(default_factory=Lexicon.empty)
    watermark: Mapping[int, int] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    catalogue: Mapping[str, str] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)


def write_bundle(directory: Path, parts: Parts) -> bundle.Bundle:
    """Write a bundle atomically; a killed process leaves no partial bundle."""
    return bundle.write(directory, _card(parts), _files(parts))


def put_into_service(settings: Settings, promoted: bundle.Bundle, reason: str) -> None:
    """Announce to the tenant's advisors that they should load a bundle.

    Raises:
        UnavailableError: Kafka did not acknowledge.
    """
    announce(
        settings,
        AdvisorPromoted(
            tenant=promoted.card.tenant,
            version=promoted.card.version,
            parent=promoted.card.parent,
            checksum=promoted.checksum,
            reason=reason,
        ),
    )


def _card(parts: Parts) -> dict[str, object]:
    return {
        "version": parts.version,
        "tenant": parts.tenant,
        "parent": parts.parent,
        "created_at": parts.created_at,
        "base_model": parts.base_model,
        "dim": parts.head.dim,
        "words": parts.head.words,
        "max_tokens": MAX_TOKENS,
        "pooling": parts.pooling,
        "watermark": dict(parts.watermark),
        "left_out": tuple(parts.left_out),
        "metrics": dict(parts.metrics),
    }


def _files(parts: Parts) -> dict[str, bytes]:
    return {
        "encoder.onnx": parts.encoder.read_bytes(),
        "tokenizer.json": parts.tokenizer.to_str().encode(),
        "head.safetensors": parts.head.to_bytes(),
        "lexicon.safetensors": parts.lexicon.to_bytes(),
        "catalogue.json": json.dumps(parts.catalogue, indent=1).encode(),
        "calibration.json": json.dumps(parts.calibration, indent=1).encode(),
    }
