from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from advice.asking import label
from advice.tiny import EARLY, tiny_bundle
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.head import FastHead
from pilotfish.consumers.advisor.fast_learning import FastLearning, untaught
from pilotfish.runtime.label_reader import PlacedLabel
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.forgotten import FORGOTTEN

SETTINGS = Settings(tenant="t")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ASKED = "w1 w7"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, EmbeddingCache]:
    bundle = tiny_bundle(tmp_path_factory.mktemp("store"), "t", "v1")
    return bundle, EmbeddingCache(Encoder(bundle))


def begun(made: tuple[Bundle, EmbeddingCache]) -> FastLearning:
    bundle, cache = made
    return FastLearning(bundle.card, cache, untaught(bundle, {}))


def placed(offset: int, at: datetime = NOW, **changes: Any) -> PlacedLabel:
    """A label of attempt `changes["number"]` at an offset of partition 0."""
    number = changes.pop("number", offset)
    made = label(SETTINGS, number, partition=0, **changes)
    return PlacedLabel(made, 0, offset, at)


def believed(learning: FastLearning) -> Sequence[float]:
    [row] = learning._embeddings.embed([ASKED])
    means, sds = learning.state.head.predict(row, "", ["plan", "react", "direct"])
    return [*means, *sds]


def counted(learning: FastLearning) -> tuple[int, float]:
    """Attempts and successes of all records."""
    entries = learning.state.records.entries
    return sum(one[2] for one in entries), sum(one[3] for one in entries)


def test_a_label_moves_the_head(made: tuple[Bundle, EmbeddingCache]) -> None:
    learning = begun(made)
    before = believed(learning)
    assert learning.learn([placed(0, problem=ASKED)]) == 1
    assert believed(learning)[1] > before[1] + 0.1
    assert learning.state.offsets == {0: 1}
    assert learning.changed


def test_what_is_forgotten_is_unlearned(made: tuple[Bundle, EmbeddingCache]) -> None:
    learning = begun(made)
    before = believed(learning)
    learning.learn([placed(0, problem=ASKED)])
    learned, kinds = believed(learning), learning.state.kinds.sums.copy()
    gone = {"version": 2, "p_success": None, "abstained": FORGOTTEN, "approach": None}
    assert learning.learn([placed(1, number=0, problem=ASKED, **gone)]) == 1
    moved, left = learned[1] - before[1], believed(learning)[1] - before[1]
    assert abs(left) < 0.02 * moved
    np.testing.assert_array_equal(learning.state.kinds.sums, kinds)


def test_a_doubled_label_counts_once(made: tuple[Bundle, EmbeddingCache]) -> None:
    once, twice = begun(made), begun(made)
    once.learn([placed(0), placed(1)])
    twice.learn([placed(0), placed(1), placed(2, number=0), placed(3, number=1)])
    twice.learn([placed(4, number=0)])
    np.testing.assert_array_equal(believed(once), believed(twice))


def test_records_read_again_are_passed_over(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    learning = begun(made)
    learning.learn([placed(0), placed(1)])
    assert learning.learn([placed(0), placed(1), placed(2)]) == 1


def test_a_revision_unlearns_what_was_learned(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    revised, right = begun(made), begun(made)
    others = [placed(offset) for offset in range(1, 9)]
    revised.learn([placed(0, p_success=0.0), *others])
    revised.learn([placed(9, number=0, p_success=1.0, version=2)])
    right.learn([placed(0, p_success=1.0), *others])
    np.testing.assert_allclose(believed(revised), believed(right), atol=1e-6)


def test_a_revision_in_the_same_slice_counts_too(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    revised, right = begun(made), begun(made)
    revised.learn(
        [placed(0, p_success=0.0), placed(1, number=0, p_success=1.0, version=2)]
    )
    right.learn([placed(0, p_success=1.0)])
    np.testing.assert_allclose(believed(revised), believed(right), atol=1e-6)


def test_a_label_that_abstains_teaches_when_it_is_revised(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    learning, right = begun(made), begun(made)
    learning.learn([placed(0, p_success=None)])
    np.testing.assert_array_equal(believed(learning), believed(right))
    learning.learn([placed(1, number=0, p_success=1.0, version=2)])
    right.learn([placed(0)])
    np.testing.assert_array_equal(believed(learning), believed(right))


def test_a_label_withdrawn_or_moved_to_another_approach_pulls_no_more(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    learning = begun(made)
    learning.learn([placed(0, problem=ASKED, p_success=0.0)])
    low = believed(learning)[1]
    learning.learn(
        [placed(1, number=0, problem=ASKED, approach="plan", p_success=1.0, version=2)]
    )
    assert believed(learning)[1] > low
    assert believed(learning)[0] > 0.5


def test_what_the_bundle_was_taught_is_not_learned_again(tmp_path: Path) -> None:
    head = FastHead(32)
    bundle = tiny_bundle(
        tmp_path, "t", "v2", head, watermark={0: 5}, created_at=NOW - timedelta(days=1)
    )
    learning = begun((bundle, EmbeddingCache(Encoder(bundle))))
    before = believed(learning)
    learning.learn([placed(0, at=EARLY), placed(5, at=EARLY)])
    np.testing.assert_array_equal(believed(learning), before)
    learning.learn([placed(6, at=EARLY)])
    assert believed(learning) != before


def test_a_revision_after_the_dataset_is_learned_as_a_revision(tmp_path: Path) -> None:
    taught, right = FastHead(32), FastHead(32)
    created = NOW - timedelta(days=1)
    plain = tiny_bundle(tmp_path, "t", "v3")
    cache = EmbeddingCache(Encoder(plain))
    [row] = cache.embed([ASKED])
    taught.learn(row, "", "react", 0.0)
    right.learn(row, "", "react", 1.0)
    bundle = tiny_bundle(
        tmp_path, "u", "v3", taught, watermark={0: 5}, created_at=created
    )
    learning = FastLearning(bundle.card, cache, untaught(bundle, {}))
    learning.learn(
        [
            placed(0, at=EARLY, problem=ASKED, p_success=0.0),
            placed(1, number=0, problem=ASKED, p_success=1.0, version=2),
        ]
    )
    expected = right.predict(row, "", ["react"])[0][0]
    assert abs(believed(learning)[1] - expected) < 1e-6


def test_what_the_bundle_left_out_is_learned_when_its_label_changes(
    tmp_path: Path,
) -> None:
    created = NOW - timedelta(days=1)
    out = placed(0, at=EARLY, problem=ASKED, p_success=0.0)
    bundle = tiny_bundle(
        tmp_path,
        "t",
        "v4",
        watermark={0: 5},
        created_at=created,
        left_out=(out.label.attempt_id,),
    )
    learning = begun((bundle, EmbeddingCache(Encoder(bundle))))
    before = believed(learning)
    learning.learn([out])
    np.testing.assert_array_equal(believed(learning), before)
    [row] = learning._embeddings.embed([ASKED])
    right = FastHead(32)
    right.learn(row, "", "react", 1.0)
    learning.learn([placed(1, number=0, problem=ASKED, p_success=1.0, version=2)])
    expected = right.predict(row, "", ["react"])[0][0]
    assert abs(believed(learning)[1] - expected) < 1e-6


def test_what_was_learned_before_an_approach_changed_is_not_revised(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    learning = begun(made)
    learning.learn([placed(n, problem=ASKED, p_success=1.0) for n in range(60)])
    learning.learn([placed(n, problem=ASKED, p_success=0.0) for n in range(60, 100)])
    assert learning.state.head.changes("react") == 1
    before = believed(learning)
    late = placed(100, number=3, problem=ASKED, p_success=0.0, version=2)
    learning.learn([late])
    assert believed(learning) == before
    assert learning.state.learned_labels.get(late.label.attempt_id).version == 2  # type: ignore[union-attr]


def test_the_cost_of_an_attempt_counts_once(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v2", watermark={0: 0}, created_at=NOW)
    learning = begun((bundle, EmbeddingCache(Encoder(bundle))))
    learning.learn(
        [
            placed(0, at=EARLY, cost=2.0),
            placed(1, number=0, version=2, cost=2.0),
            placed(2, cost=5.0, p_success=None),
        ]
    )
    assert learning.state.costs.entries == [("react", "", 2.0, 7.0)]


def test_what_the_bundle_was_taught_counts_as_evidence_of_its_type(
    tmp_path: Path,
) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v2", watermark={0: 1}, created_at=NOW)
    learning = begun((bundle, EmbeddingCache(Encoder(bundle))))
    learning.learn(
        [placed(0, at=EARLY, problem_type="sql"), placed(1, at=EARLY, problem_type="")]
    )
    assert learning.state.records.entries == [("sql", "react", 1, 1.0)]
    learning.learn([placed(2, problem_type="sql", p_success=0.0)])
    assert learning.state.records.entries == [("sql", "react", 2, 1.0)]


def test_a_label_without_a_type_is_evidence_of_the_recognised_kind(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    learning = begun(made)
    learning.learn([placed(0, problem=ASKED), placed(1, problem=ASKED)])
    [row] = learning._embeddings.embed([ASKED])
    kind = learning.state.kinds.predict(row[: made[0].card.meaning])
    assert learning.state.records.entries == [(kind, "react", 2, 2.0)]


def test_advised_attempts_count_as_others_do(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    def after(propensity: float) -> float:
        learning = begun(made)
        mark = HintMark(request_id="r", approach="react", propensity=propensity)
        learning.learn([placed(0, problem=ASKED, hint=mark)])
        return believed(learning)[1]

    assert after(0.05) == after(0.99)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=12))
def test_only_the_newest_version_of_each_attempt_counts(
    made: tuple[Bundle, EmbeddingCache], arrivals: list[tuple[int, int]]
) -> None:
    """In whatever order versions come: the highest one seen is what was learned."""
    chances = {1: 0.0, 2: 1.0, 3: 0.4}
    learning, right = begun(made), begun(made)
    newest: dict[int, int] = {}
    for offset, (number, version) in enumerate(arrivals):
        chance = chances[version]
        learning.learn(
            [placed(offset, number=number, version=version, p_success=chance)]
        )
        newest[number] = max(version, newest.get(number, 0))
    for offset, (number, version) in enumerate(newest.items()):
        right.learn([placed(offset, number=number, p_success=chances[version])])
    np.testing.assert_allclose(believed(learning), believed(right), atol=1e-6)
    assert counted(learning) == pytest.approx(counted(right))
