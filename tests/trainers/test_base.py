from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from pilotfish.advisors import bundle
from pilotfish.advisors.encoder import Encoder
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.trainers.base import ensure_base


@pytest.mark.slow
def test_the_base_bundle_is_made_once_and_then_copied(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    said: list[str] = []
    first = ensure_base(Settings(home=tmp_path / "one"), cache, said.append)
    since = monotonic()
    second = ensure_base(Settings(home=tmp_path / "two"), cache, said.append)
    again = ensure_base(Settings(home=tmp_path / "two"), cache, said.append)
    assert monotonic() - since < 2
    assert len(said) == 1
    assert first.checksum == second.checksum == again.checksum
    assert bundle.load(second.path, first.checksum).card.base_model == "minilm"


@pytest.mark.slow
def test_near_problems_are_near_in_the_base_encoder(tmp_path: Path) -> None:
    made = ensure_base(Settings(home=tmp_path), tmp_path / "cache")
    words, other_words, query = Encoder(made).embed(
        ["Sort the words: pear fig", "Sort the words: dog cat", "SELECT name FROM t"]
    )
    assert words @ other_words > words @ query
    np.testing.assert_allclose(np.linalg.norm(words), 1.0, atol=1e-3)


def test_an_absent_base_model_is_a_clear_error(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, base_model=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="not here"):
        ensure_base(settings, tmp_path / "cache")
