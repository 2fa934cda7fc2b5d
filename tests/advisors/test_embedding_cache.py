from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pilotfish.advisors.embedding_cache import EmbeddingCache


class Counting:
    """Embeds a text as its length and a hash, and notes what it embedded."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return np.array([[len(text), hash(text) % 997] for text in texts], np.float32)


@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=8), max_size=20))
def test_it_answers_as_the_encoder_does(batches: list[list[str]]) -> None:
    cache = EmbeddingCache(Counting(), size=4)
    for batch in batches:
        worded = [text if text.strip() else "." for text in batch]
        np.testing.assert_array_equal(cache.embed(batch), Counting().embed(worded))


def test_a_text_is_embedded_once() -> None:
    encoder = Counting()
    cache = EmbeddingCache(encoder)
    cache.embed(["a", "b", "a"])
    cache.embed(["b", "c"])
    assert encoder.embedded == ["a", "b", "c"]


def test_it_forgets_what_was_used_longest_ago() -> None:
    encoder = Counting()
    cache = EmbeddingCache(encoder, size=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cache.embed([text])
    assert encoder.embedded == ["a", "b", "c", "b"]


def test_a_blank_text_reaches_no_encoder() -> None:
    encoder = Counting()
    EmbeddingCache(encoder).embed(["", " \n"])
    assert encoder.embedded == [".", "."]
