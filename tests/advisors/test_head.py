import json
import resource
from time import perf_counter

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import choose
from pilotfish.schemas.errors import BundleError

DIM, APPROACHES = 16, ["plan", "react", "search"]

Row = tuple[np.ndarray, str, str, float]


def rows(seed: int, count: int, dim: int = DIM) -> list[Row]:
    """Problems of two kinds; `react` solves one of them, `plan` the other."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        kind, approach = int(rng.integers(2)), str(rng.choice(APPROACHES))
        centre = np.eye(dim)[kind] + 0.3 * rng.normal(size=dim) / dim**0.5
        embedding = np.asarray(centre / np.linalg.norm(centre), np.float32)
        solved = approach == APPROACHES[kind]
        chance = 0.85 if solved else 0.15
        made.append((embedding, "ab"[kind], approach, float(rng.random() < chance)))
    return made


def taught(learned: list[Row], dim: int = DIM) -> FastHead:
    head = FastHead(dim)
    for row in learned:
        head.learn(*row)
    return head


def predicted(head: FastHead, probes: list[Row]) -> np.ndarray:
    return np.array([head.predict(*probe[:2], APPROACHES) for probe in probes])


few = settings(max_examples=20, deadline=None)


@few
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_does_not_matter(seed: int, random: "np.random.Generator") -> None:
    learned, probes = rows(seed, 40), rows(seed + 1, 5)
    shuffled = list(learned)
    random.shuffle(shuffled)
    np.testing.assert_allclose(
        predicted(taught(learned), probes),
        predicted(taught(shuffled), probes),
        atol=1e-4,
    )


@few
@given(st.integers(0, 10**6), st.integers(0, 39), st.floats(0, 1))
def test_a_revision_is_as_if_the_new_label_had_come_first(
    seed: int, place: int, new: float
) -> None:
    learned, probes = rows(seed, 40), rows(seed + 1, 5)
    revised = taught(learned)
    embedding, kind, approach, old = learned[place]
    revised.revise(embedding, kind, approach, old, new)
    learned[place] = (embedding, kind, approach, new)
    np.testing.assert_allclose(
        predicted(revised, probes), predicted(taught(learned), probes), atol=1e-4
    )


@few
@given(st.integers(0, 10**6), st.integers(0, 60))
def test_bytes_and_back_is_the_same_to_the_bit(seed: int, count: int) -> None:
    head = taught(rows(seed, count))
    back = FastHead.from_bytes(head.to_bytes())
    assert back.to_bytes() == head.to_bytes()
    assert (back.dim, back.approaches) == (head.dim, head.approaches)
    more, probes = rows(seed + 1, 10), rows(seed + 2, 5)
    for row in more:
        head.learn(*row)
        back.learn(*row)
    np.testing.assert_array_equal(predicted(head, probes), predicted(back, probes))
    assert back.to_bytes() == head.to_bytes()


@few
@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0, 1), max_size=40),
)
def test_means_are_chances_whatever_it_learned(seed: int, labels: list[float]) -> None:
    learned = [
        (*row[:3], label)
        for row, label in zip(rows(seed, len(labels)), labels, strict=True)
    ]
    means, sds = predicted(taught(learned), rows(seed + 1, 5)).swapaxes(0, 1)
    assert ((means > 0) & (means < 1)).all()
    assert ((sds >= 0) & (sds < 1)).all()


def test_what_was_never_tried_does_as_all_do_and_is_uncertain() -> None:
    learned = [(*row[:3], float(n % 10 == 0)) for n, row in enumerate(rows(1, 300))]
    means, sds = taught(learned).predict(learned[0][0], "a", ["react", "never tried"])
    assert means[1] == pytest.approx(0.1, abs=0.15)
    assert sds[1] > 2 * sds[0]


def test_without_labels_everything_is_even() -> None:
    means, sds = FastHead(DIM).predict(rows(1, 1)[0][0], "", ["a", "b"])
    np.testing.assert_allclose(means, 0.5)
    assert sds[0] == sds[1] > 0.2


def test_uncertainty_shrinks_with_data() -> None:
    probes = rows(9, 5)
    sds = [
        predicted(taught(rows(2, n)), probes)[:, 1].mean() for n in (0, 30, 300, 1500)
    ]
    assert sds == sorted(sds, reverse=True)
    assert sds[-1] < sds[0] / 4


def test_predictions_are_calibrated_and_tell_kinds_apart() -> None:
    untyped = [(row[0], "", *row[2:]) for row in rows(3, 1200)]
    head, probes = taught(untyped), rows(4, 200)
    means = predicted(head, [(p[0], "", *p[2:]) for p in probes])[:, 0]
    kinds = np.array([p[1] == "b" for p in probes], int)
    best = means[np.arange(200), kinds]
    rest = means[np.arange(200), 1 - kinds]
    assert best.mean() == pytest.approx(0.85, abs=0.07)
    assert rest.mean() == pytest.approx(0.15, abs=0.07)
    assert head.trust_in_text > 0.99


def test_a_text_that_tells_nothing_is_not_trusted() -> None:
    rng = np.random.default_rng(5)
    head = FastHead(DIM)
    for embedding, _, approach, _ in rows(5, 600):
        noise = rng.normal(size=DIM)
        unit = np.asarray(noise / np.linalg.norm(noise), np.float32)
        chance = 0.7 if approach == "plan" else 0.4
        head.learn(unit, "", approach, float(rng.random() < chance))
        assert embedding is not noise
    assert head.trust_in_text < 0.2
    probes = [(row[0], "", *row[2:]) for row in rows(6, 40)]
    assert predicted(head, probes)[:, 0].std(0).max() < 0.02


def test_a_type_alone_tells_kinds_apart() -> None:
    head = FastHead(DIM)
    same = rows(6, 1)[0][0]
    for _, kind, approach, p_success in rows(6, 600):
        head.learn(same, kind, approach, p_success)
    means = [head.predict(same, kind, APPROACHES)[0] for kind in "ab"]
    assert [int(mean.argmax()) for mean in means] == [0, 1]


def test_bytes_that_are_no_head_are_refused() -> None:
    content = taught(rows(1, 20)).to_bytes()
    state = safetensors.numpy.load(content)
    state["plain/mean"] = state["plain/mean"][:-1]
    for wrong in (b"", b"neither", content[:-1], safetensors.numpy.save(state)):
        with pytest.raises(BundleError, match="not a fast head"):
            FastHead.from_bytes(wrong)


def test_scores_of_words_are_believed_where_they_tell() -> None:
    rng = np.random.default_rng(8)
    head, blind = FastHead(DIM + 2, words=2), FastHead(DIM)
    names, probes = ["plan", "react"], []
    for number in range(500):
        noise = rng.normal(size=DIM)
        scores = rng.choice([-0.3, 0.3], size=2)
        meaning = noise / np.linalg.norm(noise)
        row = np.concatenate([meaning, scores]).astype(np.float32)
        tried = int(rng.integers(2))
        success = float(rng.random() < 0.5 + scores[tried])
        if number < 400:
            head.learn(row, "", names[tried], success)
            blind.learn(row[:DIM], "", names[tried], success)
        else:
            means, _ = head.predict(row, "", names)
            probes.append((means, blind.predict(row[:DIM], "", names)[0], scores))
    means, unseeing, scores = (np.array(part) for part in zip(*probes, strict=True))
    np.testing.assert_allclose(means, 0.5 + scores, atol=0.15)
    assert np.abs(unseeing - 0.5).max() < 0.15
    of_words = [share for name, share in head.trust.items() if "words" in name]
    assert sum(of_words) > 0.99
    again = FastHead.from_bytes(head.to_bytes())
    assert again.words == 2
    assert again.to_bytes() == head.to_bytes()


@pytest.mark.parametrize("words", [-1, 10**6, 10**30, 1e9, "many", None])
def test_bytes_that_claim_more_than_they_hold_take_no_memory(words: object) -> None:
    tensors = safetensors.numpy.load(FastHead(DIM).to_bytes())
    claim = json.dumps([DIM, words]).encode()
    tensors["names"] = np.frombuffer(claim, np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match="not a fast head"):
        FastHead.from_bytes(safetensors.numpy.save(tensors))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_learning_and_predicting_take_less_than_a_millisecond() -> None:
    learned = rows(7, 200, dim=384)
    head = FastHead(384)
    for row in learned:
        head.learn(*row)
    names = [*APPROACHES, *(f"other {n}" for n in range(5))]
    spent: dict[str, list[float]] = {"learn": [], "predict": []}
    for embedding, kind, approach, p_success in learned:
        since = perf_counter()
        head.learn(embedding, kind, approach, p_success)
        spent["learn"].append(perf_counter() - since)
        since = perf_counter()
        head.predict(embedding, kind, names)
        spent["predict"].append(perf_counter() - since)
    # The tenth part that nobody disturbed: these cores are shared.
    assert np.quantile(spent["learn"], 0.1) < 1e-3
    assert np.quantile(spent["predict"], 0.1) < 1e-3


def advised(head: FastHead, seed: int, count: int, good: str) -> list[float]:
    """Let a head advise; return the chance of what it chose, 0.8 for the good one."""
    rng, chances = np.random.default_rng(seed), []
    for number, (row, _, own, _) in enumerate(rows(seed, count)):
        means, sds = head.predict(row, "", APPROACHES)
        choice = choose(list(means), list(sds), f"{seed}-{number}")
        taken = own if choice.chosen is None else APPROACHES[choice.chosen]
        chances.append(0.8 if taken == good else 0.2)
        head.learn(row, "", taken, float(rng.random() < chances[-1]))
    return chances


def test_300_attempts_after_two_approaches_changed_places_it_is_as_good_as_fresh() -> (
    None
):
    lost, changes = [], 0
    for seed in range(4):
        old, fresh = FastHead(DIM), FastHead(DIM)
        advised(old, seed, 600, "plan")
        both = (advised(head, seed + 50, 500, "react") for head in (old, fresh))
        then, anew = (np.mean(chances[300:]) for chances in both)
        lost.append(anew - then)
        changes += old.changes("plan")
    assert np.mean(lost) < 0.03
    assert changes > 0
