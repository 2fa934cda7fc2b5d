"""A float32 ONNX encoder in int8, and how much of it that keeps."""

import logging
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from pilotfish.advisors.encoder import Embeddings
from pilotfish.trainers.encoding import Pooling

MIN_COSINE: Final = 0.985
"""Least mean cosine of int8 embeddings with float32 ones, over the texts of a check."""

CHECKED: Final = (
    "How many heads of departments are older than 56?",
    "Sort these words: pear apple fig",
    "What is 17 * 23 - 4?\nAnswer with a number only.",
    "A",
)
"""Texts of every check: long, short, of two lines, of one letter."""


def quantise(exact: Path, to: Path, pooling: Pooling) -> None:
    """Write an int8 copy of a float32 encoder."""
    # Per channel, because one scale a matrix costs 0.03 of cosine; 7 bits, because
    # 8 overflow in the int16 sums of processors without VNNI.
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            exact,
            to,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_outlier_nodes(exact) if pooling == "last" else [],
        )
    finally:
        root.setLevel(level)


def mean_cosine(embeddings: Embeddings, expected: Embeddings) -> float:
    """Return the mean cosine of rows that have length 1."""
    return float(np.vecdot(embeddings, expected).mean())


def _outlier_nodes(exact: Path) -> list[str]:
    """Name the nodes of causal models whose input has a few enormous numbers.

    SmolLM2 measured: cosine 0.93 with them in int8, 0.99 without.
    """
    nodes = onnx.load(exact).graph.node
    return [node.name for node in nodes if "down_proj" in f"{node.name}{node.input}"]
