"""A BERT encoder as an ONNX graph, written from its weights: nothing here loads torch.

The graph computes what `Embedder` computes in torch. It looks up the same tables and
multiplies by the same matrices as the graph that `export` gets out of torch, so that
int8 takes the same precision from both.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

Tensor = NDArray[Any]
Constant = NDArray[Any] | np.generic

_OPSET: Final = helper.make_opsetid("", 18)
_IR_VERSION: Final = 8
"""What opset 18 came with: every supported onnxruntime reads it."""
_IDS: Final = "input_ids"
_MASK: Final = "attention_mask"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the weights alone do not say."""

    layers: int
    heads: int
    dim: int
    epsilon: float


class _Graph:
    """The nodes so far. What adds some returns the name of their result."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self._weights = weights
        self._tensors: dict[str, TensorProto] = {}
        self._nodes: list[onnx.NodeProto] = []

    def add(self, op: str, *inputs: str | Constant, **attributes: Any) -> str:
        """Apply an operator to earlier results, and to constants given as arrays."""
        names = [
            given if isinstance(given, str) else self._constant(given)
            for given in inputs
        ]
        result = f"{op}_{len(self._nodes)}"
        node = helper.make_node(op, names, [result], name=result, **attributes)
        self._nodes.append(node)
        return result

    def weight(self, name: str) -> str:
        """Take over a tensor of the weights, under its own name."""
        return self._keep(name, self._weights[name])

    def linear(self, name: str, states: str) -> str:
        """Apply a linear layer; torch keeps its matrix transposed."""
        matrix = self._keep(f"{name}.matrix", self._weights[f"{name}.weight"].T)
        return self.add(
            "Add", self.add("MatMul", states, matrix), self.weight(f"{name}.bias")
        )

    def normalised(self, name: str, states: str, epsilon: float) -> str:
        """Apply a layer normalisation over the last axis."""
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add(
            "LayerNormalization", states, scale, bias, axis=-1, epsilon=epsilon
        )

    def model(self, result: str, dim: int) -> onnx.ModelProto:
        """Return the model whose only output is `result`, under the name `embedding`."""
        self._nodes.append(helper.make_node("Identity", [result], ["embedding"]))
        ids, mask = (
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in (_IDS, _MASK)
        )
        out = helper.make_tensor_value_info(
            "embedding", TensorProto.FLOAT, ["batch", dim]
        )
        graph = helper.make_graph(
            self._nodes, "bert", [ids, mask], [out], list(self._tensors.values())
        )
        return helper.make_model(graph, opset_imports=[_OPSET], ir_version=_IR_VERSION)

    def _constant(self, value: Constant) -> str:
        return self._keep(f"constant_{len(self._tensors)}", value)

    def _keep(self, name: str, value: Constant) -> str:
        self._tensors[name] = numpy_helper.from_array(
            np.asarray(value, order="C"), name
        )
        return name


def write_graph(model: Path, to: Path) -> int:
    """Write the float32 encoder of a folder with a BERT model; return its dimension."""
    shape = _shape(model / "config.json")
    graph = _Graph(load_file(model / "model.safetensors"))
    states = _embedded(graph, shape)
    mask = _additive_mask(graph)
    for number in range(shape.layers):
        states = _layer(graph, f"encoder.layer.{number}", states, mask, shape)
    onnx.save(graph.model(_pooled(graph, states), shape.dim), to)
    return shape.dim


def _shape(file: Path) -> _Shape:
    config = json.loads(file.read_text())
    return _Shape(
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        dim=config["hidden_size"],
        epsilon=config["layer_norm_eps"],
    )


def _embedded(graph: _Graph, shape: _Shape) -> str:
    length = graph.add("Squeeze", graph.add("Shape", _IDS, start=1))
    positions = graph.add("Range", np.int64(0), length, np.int64(1))
    words = _looked_up(graph, "word", _IDS)
    types = _looked_up(graph, "token_type", np.array([[0]]))
    places = _looked_up(graph, "position", positions)
    total = graph.add("Add", graph.add("Add", words, types), places)
    return graph.normalised("embeddings.LayerNorm", total, shape.epsilon)


def _looked_up(graph: _Graph, table: str, rows: str | Constant) -> str:
    weights = graph.weight(f"embeddings.{table}_embeddings.weight")
    return graph.add("Gather", weights, rows)


def _additive_mask(graph: _Graph) -> str:
    """(batch, 1, 1, length): 0 where a token may look, else the least number."""
    hidden = graph.add("Sub", np.float32(1), _as_float(graph, _MASK))
    least = graph.add("Mul", hidden, np.finfo(np.float32).min)
    return graph.add("Unsqueeze", least, np.array([1, 2]))


def _layer(graph: _Graph, name: str, states: str, mask: str, shape: _Shape) -> str:
    attended = _attention(graph, f"{name}.attention.self", states, mask, shape)
    attended = graph.linear(f"{name}.attention.output.dense", attended)
    attended = graph.add("Add", attended, states)
    attended = graph.normalised(
        f"{name}.attention.output.LayerNorm", attended, shape.epsilon
    )
    wide = _gelu(graph, graph.linear(f"{name}.intermediate.dense", attended))
    narrow = graph.linear(f"{name}.output.dense", wide)
    total = graph.add("Add", narrow, attended)
    return graph.normalised(f"{name}.output.LayerNorm", total, shape.epsilon)


def _attention(graph: _Graph, name: str, states: str, mask: str, shape: _Shape) -> str:
    query, key, value = (
        _heads(graph, graph.linear(f"{name}.{part}", states), shape.heads, order)
        for part, order in (
            ("query", (0, 2, 1, 3)),
            ("key", (0, 2, 3, 1)),
            ("value", (0, 2, 1, 3)),
        )
    )
    scale = np.float32((shape.dim / shape.heads) ** -0.5)
    scores = graph.add("MatMul", graph.add("Mul", query, scale), key)
    weights = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    together = graph.add("MatMul", weights, value)
    in_order = graph.add("Transpose", together, perm=(0, 2, 1, 3))
    return graph.add("Reshape", in_order, np.array([0, 0, shape.dim]))


def _heads(graph: _Graph, states: str, heads: int, order: tuple[int, ...]) -> str:
    split = graph.add("Reshape", states, np.array([0, 0, heads, -1]))
    return graph.add("Transpose", split, perm=order)


def _gelu(graph: _Graph, states: str) -> str:
    # In these five nodes, because onnxruntime knows them and makes one of them.
    erf = graph.add("Erf", graph.add("Div", states, np.float32(2**0.5)))
    twice = graph.add("Mul", states, graph.add("Add", erf, np.float32(1)))
    return graph.add("Mul", twice, np.float32(0.5))


def _pooled(graph: _Graph, states: str) -> str:
    """The mean over the tokens that the mask shows, at length 1."""
    mask, axis = _as_float(graph, _MASK), np.array([1])
    tokens = graph.add("ReduceSum", mask, axis, keepdims=1)
    share = graph.add("Div", mask, graph.add("Clip", tokens, np.float32(1)))
    mean = graph.add("MatMul", graph.add("Unsqueeze", share, axis), states)
    mean = graph.add("Squeeze", mean, axis)
    norm = graph.add("ReduceL2", mean, axis, keepdims=1)
    return graph.add("Div", mean, graph.add("Clip", norm, np.float32(1e-12)))


def _as_float(graph: _Graph, numbers: str) -> str:
    return graph.add("Cast", numbers, to=TensorProto.FLOAT)
