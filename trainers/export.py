"""An embedder as an int8 ONNX file, checked against torch."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.quantise import CHECKED, MIN_COSINE, mean_cosine, quantise
from pilotfish.trainers.tokens import tokenise

MAX_DIFFERENCE = 1e-4
"""Largest difference of a component, fp32 ONNX against torch."""
_NAMES = ("input_ids", "attention_mask")
_OPSET = 18


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the ONNX files are from torch: both numbers over all texts checked."""

    max_difference: float
    int8_cosine: float

    @property
    def ok(self) -> bool:
        """Whether the int8 file may stand in for the torch model."""
        return self.max_difference <= MAX_DIFFERENCE and self.int8_cosine >= MIN_COSINE


def export(
    embedder: Embedder, tokenizer: Tokenizer, texts: Sequence[str], directory: Path
) -> tuple[Path, Parity]:
    """Write `encoder.onnx` (int8) to `directory` and compare it with torch.

    The TorchScript exporter is tried first: 2 s where the newer one takes 8 s. Where
    its file differs from torch, or it cannot follow the model, the newer one decides.
    """
    checked = [*CHECKED, *texts]
    exact = directory / "encoder.fp32.onnx"
    expected = _torch_embeddings(embedder, tokenizer, checked)
    difference = _export_exact(embedder, tokenizer, checked, expected, exact)
    target = directory / "encoder.onnx"
    quantise(exact, target, embedder.pooling)
    got = _onnx_embeddings(target, tokenizer, checked)
    exact.unlink()
    return target, Parity(difference, mean_cosine(got, expected))


def _export_exact(
    embedder: Embedder,
    tokenizer: Tokenizer,
    checked: Sequence[str],
    expected: NDArray[np.float32],
    to: Path,
) -> float:
    example = tokenise(tokenizer, checked[:2])
    try:
        _torchscript(embedder, example, to)
        difference = _difference(to, tokenizer, checked, expected)
    except (RuntimeError, torch.onnx.OnnxExporterError):
        difference = float("inf")
    if difference > MAX_DIFFERENCE:
        _dynamo(embedder, example, to)
        difference = _difference(to, tokenizer, checked, expected)
    return difference


def _difference(
    file: Path,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    expected: NDArray[np.float32],
) -> float:
    return float(np.abs(_onnx_embeddings(file, tokenizer, texts) - expected).max())


def _torchscript(embedder: Embedder, example: tuple[Tensor, Tensor], to: Path) -> None:
    axes = {0: "batch", 1: "length"}
    with warnings.catch_warnings():
        # Its deprecation and its remarks on traced shapes: the parity check decides.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            embedder,
            example,
            str(to),
            input_names=list(_NAMES),
            output_names=["embedding"],
            dynamic_axes={
                "input_ids": axes,
                "attention_mask": axes,
                "embedding": {0: "batch"},
            },
            opset_version=_OPSET,
            dynamo=False,
        )


def _dynamo(embedder: Embedder, example: tuple[Tensor, Tensor], to: Path) -> None:
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            embedder,
            example,
            input_names=list(_NAMES),
            output_names=["sentence_embedding"],
            dynamic_shapes=dict.fromkeys(_NAMES, axes),
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    # A module called `embedding` owns that name while exporting, so it is given after.
    program.model.graph.outputs[0].name = "embedding"
    program.save(str(to), external_data=False)


def _torch_embeddings(
    embedder: Embedder, tokenizer: Tokenizer, texts: Sequence[str]
) -> NDArray[np.float32]:
    with torch.inference_mode():
        embedded = embedder.eval()(*tokenise(tokenizer, texts))
    return np.asarray(embedded.float().numpy(), dtype=np.float32)


def _onnx_embeddings(
    file: Path, tokenizer: Tokenizer, texts: Sequence[str]
) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(
        str(file), providers=["CPUExecutionProvider"]
    )
    tensors = tokenise(tokenizer, texts)
    feed = {n: t.numpy() for n, t in zip(_NAMES, tensors, strict=True)}
    return np.asarray(session.run(None, feed)[0], dtype=np.float32)
