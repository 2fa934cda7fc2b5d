"""A bundle small enough to write in each test: a word's embedding is its own axis."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.lexicon import Lexicon

WORDS = ("[PAD]", "[UNK]", "sort", "these", "words", "rows")

Maker = Callable[[Path], Bundle]


def encoder() -> bytes:
    """Sum of the one-hot vectors of the real tokens, divided by its length."""
    axes = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "l"]) for n in IN]
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", N])
    table = numpy_helper.from_array(np.eye(N, dtype=np.float32), "table")
    last = numpy_helper.from_array(np.array([2], np.int64), "last")
    middle = numpy_helper.from_array(np.array([1], np.int64), "middle")
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["real", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["sum"], keepdims=0),
        helper.make_node("LpNormalization", ["sum"], ["embedding"], axis=-1, p=2),
    ]
    graph = helper.make_graph(nodes, "words", axes, [out], [table, last, middle])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


IN, N = ("input_ids", "attention_mask"), len(WORDS)


def card() -> dict[str, object]:
    return {
        "version": "v1",
        "tenant": "one",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "base_model": "words",
        "dim": N,
        "max_tokens": 4,
        "pooling": "mean",
        "watermark": {0: 12, 3: 7},
        "metrics": {"accuracy": 0.75},
    }


def files() -> dict[str, bytes]:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return {
        "calibration.json": b"{}",
        "catalogue.json": b"{}",
        "encoder.onnx": encoder(),
        "head.safetensors": FastHead(N).to_bytes(),
        "lexicon.safetensors": Lexicon.empty().to_bytes(),
        "tokenizer.json": tokenizer.to_str().encode(),
    }


@pytest.fixture
def make() -> Maker:
    """Return a function that writes the bundle to a folder."""
    return lambda folder: bundle.write(folder, card(), files())


@pytest.fixture
def made(make: Maker, tmp_path: Path) -> Bundle:
    """A bundle in a folder of its own."""
    return make(tmp_path / "one" / "v1")
