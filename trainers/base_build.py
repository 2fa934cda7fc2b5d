"""Makes the base bundle: the pretrained encoder exported, the head empty."""

import tempfile
from pathlib import Path

from pilotfish.advisors.head import FastHead
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import BundleError
from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.export import export
from pilotfish.trainers.promote import Parts, write_bundle


def build(name: str, version: str, target: Path) -> None:
    """Write the base bundle of a base model to `target`.

    Raises:
        ConfigurationError: no such base model.
        BundleError: its ONNX file does not agree with torch.
    """
    base = load_base(name)
    with tempfile.TemporaryDirectory() as folder:
        encoder, parity = export(base.embedder, base.tokenizer, [], Path(folder))
        if not parity.ok:
            raise BundleError(f"ONNX of {name!r} differs from torch: {parity}")
        parts = Parts(
            tenant=BASE_TENANT,
            version=version,
            parent="",
            created_at=utc_now(),
            base_model=name,
            pooling=base.embedder.pooling,
            encoder=encoder,
            tokenizer=base.tokenizer,
            head=FastHead(base.embedder.dim),
            metrics={
                "onnx_difference": parity.max_difference,
                "int8_cosine": parity.int8_cosine,
            },
        )
        write_bundle(target, parts)
