from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.export import export


def test_minilm_comes_from_its_wheel_and_survives_int8(tmp_path: Path) -> None:
    base = load_base("minilm")
    encoder, parity = export(base.embedder, base.tokenizer, [], tmp_path)
    assert (base.embedder.dim, base.embedder.pooling) == (384, "mean")
    assert parity.ok, parity
    assert parity.max_difference < 1e-5
    assert [file.name for file in tmp_path.iterdir()] == [encoder.name]


@pytest.mark.slow
def test_smollm2_comes_from_its_wheel_and_survives_int8(tmp_path: Path) -> None:
    base = load_base("smollm2")
    _, parity = export(base.embedder, base.tokenizer, [], tmp_path)
    assert (base.embedder.dim, base.embedder.pooling) == (576, "last")
    assert parity.ok, parity


def test_an_absent_model_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match="minilm or smollm2, or names a folder"
    ):
        load_base(str(tmp_path / "nowhere"))


def test_pickled_weights_are_refused(tiny_model: Callable[[str], Path]) -> None:
    folder = tiny_model("bert")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        load_base(str(folder))


def test_a_model_that_brings_its_own_code_is_refused(
    tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by somebody at a terminal, who would say yes to it."""
    monkeypatch.setattr("builtins.input", lambda _: "y")
    folder = tiny_model("bert")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(
        config.replace('"model_type": "bert"', '"model_type": "own"').replace(
            "{", '{"auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"},', 1
        )
    )
    (folder / "own.py").write_text("raise SystemExit('remote code ran')\n")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        load_base(str(folder))
