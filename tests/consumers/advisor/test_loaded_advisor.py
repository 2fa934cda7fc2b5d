from pathlib import Path

import pytest
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.encoders import Encoders
from pilotfish.consumers.advisor.loaded_advisor import load_advisor
from pilotfish.schemas.errors import BundleError


def test_tenants_share_an_encoder_but_not_what_they_learn(tmp_path: Path) -> None:
    bundle, encoders = tiny_bundle(tmp_path, "base", "v1"), Encoders()
    first = load_advisor("a", bundle, None, encoders)
    second = load_advisor("b", bundle, None, encoders)
    assert first.version == second.version == "v1"
    assert first.embeddings is second.embeddings
    assert first.advisor.state.head is not second.advisor.state.head


def test_a_bundle_whose_head_is_damaged_is_refused(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, "base", "v1")
    (bundle.path / "head.safetensors").write_bytes(b"damaged")
    with pytest.raises(BundleError, match="not a fast head"):
        load_advisor("t", bundle, None, Encoders())
