"""The encoder written without torch computes what torch computes, and int8 as well."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from pilotfish.advisors.encoder import Embeddings
from pilotfish.trainers.base_build import written
from pilotfish.trainers.base_models import BaseModel, load_base
from pilotfish.trainers.bert_graph import write_graph
from pilotfish.trainers.embedding import embed
from pilotfish.trainers.export import export
from pilotfish.trainers.quantise import mean_cosine
from pilotfish.trainers.tokens import tokenise
from pilotfish.trainers.wheels import locate

TEXTS = [
    "a",
    "sort these words",
    "What are the names of poker players, by the number of final tables they made?",
    "find rows " * 100,
    "λ ∨ 17 × 23?\n\tß",
]


def in_torch(base: BaseModel) -> Embeddings:
    with torch.inference_mode():
        return base.embedder(*tokenise(base.tokenizer, TEXTS)).numpy()


@pytest.mark.parametrize("name", ["minilm", "bert"])
def test_the_written_graph_computes_what_torch_does(
    name: str, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    model = locate(name) if name == "minilm" else tiny_model(name)
    base, file = load_base(str(model)), tmp_path / "written.onnx"
    assert write_graph(model, file) == base.embedder.dim
    onnx.checker.check_model(onnx.load(file), full_check=True)
    got = embed(file, base.tokenizer, TEXTS)
    np.testing.assert_allclose(got, in_torch(base), atol=1e-5, rtol=0)


def test_in_int8_it_is_as_near_to_torch_as_the_exported_one(tmp_path: Path) -> None:
    base = load_base("minilm")
    exported, _ = export(base.embedder, base.tokenizer, [], tmp_path)
    theirs = embed(exported.rename(tmp_path / "exported"), base.tokenizer, TEXTS)
    ours = embed(written(locate("minilm"), tmp_path).file, base.tokenizer, TEXTS)
    expected = in_torch(base)
    assert mean_cosine(ours, expected) > mean_cosine(theirs, expected) - 0.001
    assert mean_cosine(ours, theirs) > 0.998
