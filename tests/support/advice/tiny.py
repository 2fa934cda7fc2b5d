"""A bundle whose encoder counts words: real ONNX, made in milliseconds."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.lexicon import Lexicon
from pilotfish.advisors.store import ModelStore

DIM = 32
VOCABULARY = 4096
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def encoder(seed: int) -> bytes:
    """Mean of fixed random vectors of the words, at length 1."""
    rng = np.random.default_rng(seed)
    words = rng.normal(size=(VOCABULARY, DIM)).astype(np.float32)
    constants = [
        numpy_helper.from_array(words, "words"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
    ]
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "tokens"], ["sum"], keepdims=0),
        helper.make_node("LpNormalization", ["sum"], ["embedding"], axis=1, p=2),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(
        "embedding", TensorProto.FLOAT, ["batch", DIM]
    )
    graph = helper.make_graph(nodes, "tiny", inputs, [output], constants)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=9
    ).SerializeToString()


def tokenizer() -> bytes:
    words = {f"w{number}": number + 2 for number in range(VOCABULARY - 2)}
    model = models.WordLevel({"[PAD]": 0, "[UNK]": 1, **words}, unk_token="[UNK]")
    made = Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made.to_str().encode()


def tiny_bundle(
    store: Path,
    tenant: str,
    version: str,
    head: FastHead | None = None,
    *,
    watermark: Mapping[int, int] | None = None,
    created_at: datetime = EARLY,
    parent: str = "",
    left_out: tuple[str, ...] = (),
) -> Bundle:
    """Write a bundle into a model store; the version decides its encoder."""
    card = {
        "version": version,
        "tenant": tenant,
        "parent": parent,
        "created_at": created_at,
        "base_model": "tiny",
        "dim": DIM,
        "max_tokens": 128,
        "pooling": "mean",
        "watermark": dict(watermark or {}),
        "left_out": left_out,
    }
    files = {
        "encoder.onnx": encoder(sum(version.encode())),
        "tokenizer.json": tokenizer(),
        "head.safetensors": (head or FastHead(DIM)).to_bytes(),
        "lexicon.safetensors": Lexicon.empty().to_bytes(),
        "catalogue.json": json.dumps({}).encode(),
        "calibration.json": json.dumps({}).encode(),
    }
    return bundle.write(ModelStore(store).path(tenant, version), card, files)
