import numpy as np
import onnx
import pytest

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import FILES, Bundle
from pilotfish.advisors.encoder import Encoder, open_session
from pilotfish.advisors.lexicon import BUCKETS, FOLDS, Lexicon
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


def test_scores_of_the_lexicon_come_after_the_meaning(made: Bundle) -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(FOLDS, BUCKETS, 2)).astype(np.float16)
    lexicon = Lexicon(np.ones(BUCKETS, np.float32), weights)
    contents = {file: (made.path / file).read_bytes() for file in FILES}
    contents["lexicon.safetensors"] = lexicon.to_bytes()
    fields = made.card.model_dump(exclude={"files"})
    fields |= {"dim": made.card.dim + 2, "words": 2}
    scored = bundle.write(made.path.parent / "told", fields, contents)
    texts = ["sort these words", "rows"]
    embedded = Encoder(scored).embed(texts)
    assert (scored.card.meaning, embedded.shape) == (
        made.card.dim,
        (2, scored.card.dim),
    )
    np.testing.assert_array_equal(embedded[:, :-2], Encoder(made).embed(texts))
    np.testing.assert_array_equal(embedded[:, -2:], lexicon.scores(texts))


@pytest.mark.parametrize(
    "name", ["encoder.onnx", "lexicon.safetensors", "tokenizer.json"]
)
def test_an_unreadable_file_is_a_bundle_error(made: Bundle, name: str) -> None:
    contents = {file: (made.path / file).read_bytes() for file in FILES}
    fields = made.card.model_dump(exclude={"files"})
    other = made.path.parent / "broken"
    broken = bundle.write(other, fields, {**contents, name: b"neither"})
    with pytest.raises(BundleError, match=name.partition(".")[0]):
        Encoder(broken)


@pytest.mark.parametrize("place", ["../../weights", "/etc/hostname"])
def test_weights_outside_the_encoder_s_own_file_are_refused(
    made: Bundle, place: str
) -> None:
    (made.path.parents[1] / "weights").write_bytes(bytes(1024))
    file = made.path / "encoder.onnx"
    model = onnx.load(file)
    table = next(tensor for tensor in model.graph.initializer if tensor.name == "table")
    table.ClearField("raw_data")
    table.data_location = onnx.TensorProto.EXTERNAL
    table.external_data.add(key="location", value=place)
    file.write_bytes(model.SerializeToString())
    with pytest.raises(BundleError, match=r"encoder\.onnx"):
        open_session(file, 1)
