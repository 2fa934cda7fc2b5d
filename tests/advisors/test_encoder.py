import numpy as np
import pytest

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import FILES, Bundle
from pilotfish.advisors.encoder import Encoder
from pilotfish.schemas.errors import BundleError


def test_rows_are_in_order_and_of_length_1(made: Bundle) -> None:
    embedded = Encoder(made).embed(["rows", "sort these words", "rows", "sort"])
    assert embedded.shape == (4, made.card.dim)
    assert embedded.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(embedded[0], embedded[2])
    np.testing.assert_allclose(embedded[1] @ embedded[3], 3**-0.5, atol=1e-6)


def test_a_text_is_embedded_alike_alone_and_among_others(made: Bundle) -> None:
    texts = [" ".join(["sort", "rows", "words"][: n % 3 + 1]) for n in range(40)]
    encoder = Encoder(made)
    together = encoder.embed(texts)
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_long_texts_are_cut_at_the_cards_tokens(made: Bundle) -> None:
    kept, cut = Encoder(made).embed(
        ["sort these words sort", "sort these words sort rows rows rows"]
    )
    np.testing.assert_array_equal(kept, cut)


def test_no_texts_are_no_rows(made: Bundle) -> None:
    assert Encoder(made).embed([]).shape == (0, made.card.dim)


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
def test_an_unreadable_file_is_a_bundle_error(made: Bundle, name: str) -> None:
    contents = {file: (made.path / file).read_bytes() for file in FILES}
    fields = made.card.model_dump(exclude={"files"})
    other = made.path.parent / "broken"
    broken = bundle.write(other, fields, {**contents, name: b"neither"})
    with pytest.raises(BundleError, match=name):
        Encoder(broken)
