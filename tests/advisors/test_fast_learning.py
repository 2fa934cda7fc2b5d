from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.advice.asking import label
from support.advice.tiny import EARLY, tiny_bundle

from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.records import Record
from pilotfish.advisors.state import AdvisorState
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.schemas.labels import PlacedLabel


@dataclass(frozen=True)
class StubRequest:
    request_id: str
    problem: str
    problem_type: str = ""
    approaches: Sequence[str] = ()


SETTINGS = Settings(tenant="t")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PROBLEM = "w1 w7"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, EmbeddingCache]:
    bundle = tiny_bundle(tmp_path_factory.mktemp("store"), "t", "v1")
    return bundle, EmbeddingCache(Encoder(bundle))


def begun(made: tuple[Bundle, EmbeddingCache]) -> Advisor:
    bundle, cache = made
    return Advisor(AdvisorState.of_bundle(bundle, {}), cache, bundle.card)


def placed(offset: int, at: datetime = NOW, **changes: Any) -> PlacedLabel:
    """A label of attempt `changes["number"]` at an offset of partition 0."""
    number = changes.pop("number", offset)
    return PlacedLabel(label(SETTINGS, number, partition=0, **changes), 0, offset, at)


def believed(advisor: Advisor) -> Sequence[float]:
    [row] = advisor._embedder.embed([PROBLEM])
    means, sds = advisor.state.head.predict(row, "", ["plan", "react", "direct"])
    return [*means, *sds]


def counted(advisor: Advisor) -> tuple[int, float]:
    """Attempts and successes of all records."""
    entries = advisor.state.records.entries
    return sum(attempts for _, _, attempts, _ in entries), sum(
        entry[3] for entry in entries
    )


def test_a_label_moves_the_head(made: tuple[Bundle, EmbeddingCache]) -> None:
    advisor = begun(made)
    before = believed(advisor)
    assert advisor.learn_all([placed(0, problem=PROBLEM)]) == 1
    assert believed(advisor)[1] > before[1] + 0.1
    assert advisor.state.offsets == {0: 1}
    assert advisor.has_unsaved_labels


def test_what_is_forgotten_is_unlearned(made: tuple[Bundle, EmbeddingCache]) -> None:
    advisor = begun(made)
    before = believed(advisor)
    advisor.learn_all([placed(0, problem=PROBLEM)])
    learned, kinds = believed(advisor), advisor.state.kinds.sums.copy()
    gone = {"version": 2, "p_success": None, "abstained": FORGOTTEN, "approach": None}
    assert advisor.learn_all([placed(1, number=0, problem=PROBLEM, **gone)]) == 1
    moved, left = learned[1] - before[1], believed(advisor)[1] - before[1]
    assert abs(left) < 0.02 * moved
    np.testing.assert_array_equal(advisor.state.kinds.sums, kinds)


def test_a_doubled_label_counts_once(made: tuple[Bundle, EmbeddingCache]) -> None:
    once, twice = begun(made), begun(made)
    once.learn_all([placed(0), placed(1)])
    twice.learn_all([placed(0), placed(1), placed(2, number=0), placed(3, number=1)])
    twice.learn_all([placed(4, number=0)])
    np.testing.assert_array_equal(believed(once), believed(twice))


def test_records_read_again_are_passed_over(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    advisor.learn_all([placed(0), placed(1)])
    assert advisor.learn_all([placed(0), placed(1), placed(2)]) == 1


def test_a_revision_unlearns_what_was_learned(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    revised, right = begun(made), begun(made)
    others = [placed(offset) for offset in range(1, 9)]
    revised.learn_all([placed(0, p_success=0.0), *others])
    revised.learn_all([placed(9, number=0, p_success=1.0, version=2)])
    right.learn_all([placed(0, p_success=1.0), *others])
    np.testing.assert_allclose(believed(revised), believed(right), atol=1e-6)


def test_a_revision_in_the_same_slice_counts_too(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    revised, right = begun(made), begun(made)
    revised.learn_all(
        [placed(0, p_success=0.0), placed(1, number=0, p_success=1.0, version=2)]
    )
    right.learn_all([placed(0, p_success=1.0)])
    np.testing.assert_allclose(believed(revised), believed(right), atol=1e-6)


def test_a_label_that_abstains_teaches_when_it_is_revised(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor, right = begun(made), begun(made)
    advisor.learn_all([placed(0, p_success=None)])
    np.testing.assert_array_equal(believed(advisor), believed(right))
    advisor.learn_all([placed(1, number=0, p_success=1.0, version=2)])
    right.learn_all([placed(0)])
    np.testing.assert_array_equal(believed(advisor), believed(right))


def test_a_label_withdrawn_or_moved_to_another_approach_pulls_no_more(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    advisor.learn_all([placed(0, problem=PROBLEM, p_success=0.0)])
    low = believed(advisor)[1]
    advisor.learn_all(
        [
            placed(
                1, number=0, problem=PROBLEM, approach="plan", p_success=1.0, version=2
            )
        ]
    )
    assert believed(advisor)[1] > low
    assert believed(advisor)[0] > 0.5


def test_what_the_bundle_was_taught_is_not_learned_again(tmp_path: Path) -> None:
    head = FastHead(32)
    bundle = tiny_bundle(
        tmp_path, "t", "v2", head, watermark={0: 5}, created_at=NOW - timedelta(days=1)
    )
    advisor = begun((bundle, EmbeddingCache(Encoder(bundle))))
    before = believed(advisor)
    advisor.learn_all([placed(0, at=EARLY), placed(5, at=EARLY)])
    np.testing.assert_array_equal(believed(advisor), before)
    advisor.learn_all([placed(6, at=EARLY)])
    assert believed(advisor) != before


def test_a_revision_after_the_dataset_is_learned_as_a_revision(tmp_path: Path) -> None:
    taught, right = FastHead(32), FastHead(32)
    created = NOW - timedelta(days=1)
    plain = tiny_bundle(tmp_path, "t", "v3")
    cache = EmbeddingCache(Encoder(plain))
    [row] = cache.embed([PROBLEM])
    taught.learn(row, "", "react", 0.0)
    right.learn(row, "", "react", 1.0)
    bundle = tiny_bundle(
        tmp_path, "u", "v3", taught, watermark={0: 5}, created_at=created
    )
    advisor = Advisor(AdvisorState.of_bundle(bundle, {}), cache, bundle.card)
    advisor.learn_all(
        [
            placed(0, at=EARLY, problem=PROBLEM, p_success=0.0),
            placed(1, number=0, problem=PROBLEM, p_success=1.0, version=2),
        ]
    )
    expected = right.predict(row, "", ["react"])[0][0]
    assert abs(believed(advisor)[1] - expected) < 1e-6


def test_what_the_bundle_left_out_is_learned_when_its_label_changes(
    tmp_path: Path,
) -> None:
    created = NOW - timedelta(days=1)
    out = placed(0, at=EARLY, problem=PROBLEM, p_success=0.0)
    bundle = tiny_bundle(
        tmp_path,
        "t",
        "v4",
        watermark={0: 5},
        created_at=created,
        left_out=(out.label.attempt_id,),
    )
    advisor = begun((bundle, EmbeddingCache(Encoder(bundle))))
    before = believed(advisor)
    advisor.learn_all([out])
    np.testing.assert_array_equal(believed(advisor), before)
    [row] = advisor._embedder.embed([PROBLEM])
    right = FastHead(32)
    right.learn(row, "", "react", 1.0)
    advisor.learn_all([placed(1, number=0, problem=PROBLEM, p_success=1.0, version=2)])
    expected = right.predict(row, "", ["react"])[0][0]
    assert abs(believed(advisor)[1] - expected) < 1e-6


def test_what_was_learned_before_an_approach_changed_is_not_revised(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    advisor.learn_all([placed(n, problem=PROBLEM, p_success=1.0) for n in range(60)])
    advisor.learn_all(
        [placed(n, problem=PROBLEM, p_success=0.0) for n in range(60, 100)]
    )
    assert advisor.state.head.changes("react") == 1
    before = believed(advisor)
    late = placed(100, number=3, problem=PROBLEM, p_success=0.0, version=2)
    advisor.learn_all([late])
    assert believed(advisor) == before
    assert advisor.state.learned_labels.get(late.label.attempt_id).version == 2  # type: ignore[union-attr]


def test_the_cost_of_an_attempt_counts_once(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v2", watermark={0: 0}, created_at=NOW)
    advisor = begun((bundle, EmbeddingCache(Encoder(bundle))))
    advisor.learn_all(
        [
            placed(0, at=EARLY, cost=2.0),
            placed(1, number=0, version=2, cost=2.0),
            placed(2, cost=5.0, p_success=None),
        ]
    )
    assert advisor.state.costs.entries == [("react", "", 2.0, 7.0)]


def test_what_the_bundle_was_taught_counts_as_evidence_of_its_type(
    tmp_path: Path,
) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v2", watermark={0: 1}, created_at=NOW)
    advisor = begun((bundle, EmbeddingCache(Encoder(bundle))))
    advisor.learn_all(
        [placed(0, at=EARLY, problem_type="sql"), placed(1, at=EARLY, problem_type="")]
    )
    assert advisor.state.records.entries == [("sql", "react", 1, 1.0)]
    advisor.learn_all([placed(2, problem_type="sql", p_success=0.0)])
    assert advisor.state.records.entries == [("sql", "react", 2, 1.0)]


def test_a_label_without_a_type_is_evidence_of_the_recognised_kind(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    advisor.learn_all([placed(0, problem=PROBLEM), placed(1, problem=PROBLEM)])
    [row] = advisor._embedder.embed([PROBLEM])
    kind = advisor.state.kinds.predict(row[: made[0].card.meaning])
    assert advisor.state.records.entries == [(kind, "react", 2, 2.0)]


def test_advised_attempts_count_as_others_do(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    def after(propensity: float) -> float:
        advisor = begun(made)
        mark = HintMark(request_id="r", approach="react", propensity=propensity)
        advisor.learn_all([placed(0, problem=PROBLEM, hint=mark)])
        return believed(advisor)[1]

    assert after(0.05) == after(0.99)


def test_what_was_done_counts_beside_what_was_advised(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    plan = HintMark(request_id="r", approach="plan", propensity=0.5)
    held_out = plan.model_copy(update={"holdout": True})

    def counted() -> set[tuple[str, str, int]]:
        entries = advisor.state.adherence.entries
        return {(to, done, n) for kind, to, done, n in entries if kind == "" and n}

    advisor.learn_all(
        [
            placed(0, number=0, hint=plan, approach=None, strategy=""),
            placed(1, number=1, hint=plan, approach="react"),
            placed(2, number=2, hint=held_out, approach="react"),
            placed(3, number=3, hint=None),
        ]
    )
    assert counted() == {("plan", "react", 1)}
    advisor.learn(placed(4, number=0, hint=plan, approach="plan", version=2))
    assert counted() == {("plan", "react", 1), ("plan", "plan", 1)}
    gone: dict[str, Any] = {"abstained": FORGOTTEN, "p_success": None, "version": 3}
    advisor.learn(placed(5, number=1, hint=plan, approach="react", **gone))
    assert counted() == {("plan", "plan", 1)}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=12))
def test_only_the_newest_version_of_each_attempt_counts(
    made: tuple[Bundle, EmbeddingCache], arrivals: list[tuple[int, int]]
) -> None:
    """In whatever order versions come: the highest one seen is what was learned."""
    chances = {1: 0.0, 2: 1.0, 3: 0.4}
    advisor, right = begun(made), begun(made)
    newest: dict[int, int] = {}
    for offset, (number, version) in enumerate(arrivals):
        chance = chances[version]
        advisor.learn_all(
            [placed(offset, number=number, version=version, p_success=chance)]
        )
        newest[number] = max(version, newest.get(number, 0))
    for offset, (number, version) in enumerate(newest.items()):
        right.learn_all([placed(offset, number=number, p_success=chances[version])])
    np.testing.assert_allclose(believed(advisor), believed(right), atol=1e-6)
    assert counted(advisor) == pytest.approx(counted(right))


def test_next_moves_are_counted_revised_and_forgotten(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    about = {"problem_type": "sql", "moves": ("sql:show", "sql:select")}
    advisor.learn_all([placed(0, p_success=0.0, **about), placed(1, **about)])
    assert advisor.state.next_moves.after("sql", ("sql:show",)) == {
        "sql:select": Record(2, 1.0)
    }
    advisor.learn_all([placed(2, number=0, version=2, p_success=1.0, **about)])
    revised = advisor.state.next_moves.after("sql", ("sql:show",))
    assert revised == {"sql:select": Record(2, 2.0)}
    gone = {"version": 3, "p_success": None, "abstained": FORGOTTEN, "approach": None}
    advisor.learn_all([placed(3, number=0, **gone)])
    left = advisor.state.next_moves.after("sql", ("sql:show",))
    assert left == {"sql:select": Record(1, 1.0)}


def test_moves_on_other_kinds_of_problems_are_counted_apart(
    made: tuple[Bundle, EmbeddingCache],
) -> None:
    advisor = begun(made)
    moves = ("sql:show", "sql:select")
    sums, maps = "w1 w2 w3", "w90 w91 w92"
    advisor.learn_all([placed(n, problem=sums, moves=moves) for n in range(3)])
    lost = {"problem": maps, "moves": moves, "p_success": 0.0}
    advisor.learn_all([placed(n, **lost) for n in range(3, 5)])
    for problem, record in ((sums, Record(3, 3.0)), (maps, Record(2, 0.0))):
        asked = StubRequest("r1", problem)
        assert advisor.advise_next(asked, moves[:1]).records == {moves[1]: record}
    unknown = StubRequest("r1", "w40 w41 w42")
    assert advisor.advise_next(unknown, moves[:1]).records == {}
