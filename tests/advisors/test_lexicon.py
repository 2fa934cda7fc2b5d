import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.lexicon import BUCKETS, FOLDS, Lexicon, fold_of, sequences
from pilotfish.schemas.errors import BundleError

EVEN = np.ones(BUCKETS, np.float32)


def made(approaches: int = 2) -> Lexicon:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(FOLDS, BUCKETS, approaches))
    return Lexicon(EVEN, weights.astype(np.float16))


def likeness(first: str, second: str) -> float:
    rows = np.zeros((2, BUCKETS))
    for row, text in zip(rows, (first, second), strict=True):
        buckets, values = sequences(text, EVEN)
        row[buckets] = values
    return float(rows[0] @ rows[1])


@given(st.text(max_size=300))
def test_any_text_has_its_sequences(text: str) -> None:
    buckets, values = sequences(text, EVEN)
    assert len(set(buckets.tolist())) == len(buckets) == len(values)
    assert np.isfinite(values).all()
    if len(values):
        assert np.linalg.norm(values) == pytest.approx(1.0, abs=1e-5)
    assert 0 <= fold_of(text) < FOLDS


def test_texts_that_share_words_are_alike() -> None:
    start = "How many heads of departments are there?"
    near, far = "List heads of the department.", "Sort w7 k2 z9"
    assert likeness(start, start.upper()) == pytest.approx(1.0, abs=1e-5)
    assert likeness(start, near) > 0.3
    assert likeness(start, far) < 0.05


def test_scores_are_those_of_the_texts_own_fold() -> None:
    lexicon = made()
    weights = np.zeros((FOLDS, BUCKETS, 2), np.float16)
    text = "What is 17 * 23?"
    weights[fold_of(text)] = 1.0
    only_there = Lexicon(EVEN, weights)
    assert only_there.scores([text])[0, 0] > 0
    others = [t for t in map(str, range(1000, 1100)) if fold_of(t) != fold_of(text)]
    assert not only_there.scores(others).any()
    assert lexicon.scores([text, "a b"]).shape == (2, 2)


def test_bytes_and_back() -> None:
    lexicon, texts = made(), ["one", "", "two three"]
    back = Lexicon.from_bytes(lexicon.to_bytes())
    np.testing.assert_array_equal(back.scores(texts), lexicon.scores(texts))
    empty = Lexicon.from_bytes(Lexicon.empty().to_bytes())
    assert empty.scores(texts).shape == (3, 0)


def test_bytes_that_are_no_lexicon_are_refused() -> None:
    state = safetensors.numpy.load(made().to_bytes())
    cut = safetensors.numpy.save({**state, "rarity": state["rarity"][1:]})
    for wrong in (b"", made().to_bytes()[:-1], cut):
        with pytest.raises(BundleError, match="lexicon"):
            Lexicon.from_bytes(wrong)
