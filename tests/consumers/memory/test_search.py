"""Search on a real vector index: it finds near problems, and none of other tenants."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.advice.labels import label
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory import search as memory_search
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.consumers.memory.search import MemorySearch, fused
from pilotfish.infra.provision.migrations import migrate, shipped
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.remembered import Remembered

Find = Callable[..., list[Remembered]]


@pytest.fixture
def vectors(apart: Settings) -> ProblemVectors:
    tiny_bundle(apart.models, BASE_TENANT, "tiny-1")
    return ProblemVectors.of(apart)


def remember(
    settings: Settings, vectors: ProblemVectors, *labels: AttemptLabelled
) -> None:
    embedded = vectors.embed([each.problem for each in labels])
    rows = [
        row(each, vectors.name, vector, "")
        for each, vector in zip(labels, embedded, strict=True)
    ]
    ClickHouse(settings).insert("memory", COLUMNS, rows)


@pytest.fixture(params=["exact", "by index"])
def find(
    apart: Settings,
    vectors: ProblemVectors,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Find:
    if request.param == "by index":
        monkeypatch.setattr(memory_search, "_FEW", 0)
    search = MemorySearch(ClickHouse(apart), vectors)

    def ask(text: str, k: int = 5, **options: Any) -> list[Remembered]:
        tenant = options.pop("tenant", apart.tenant)
        return search(tenant, text, k, **options)

    return ask


def test_the_most_similar_attempts_come_first_with_all_columns(
    apart: Settings, vectors: ProblemVectors, find: Find
) -> None:
    same = label(apart.tenant, "w1 w2 w3 w4")
    near = label(apart.tenant, "w1 w2 w3 w9", p_success=0.25)
    far = label(apart.tenant, "w70 w71 w72 w73", p_success=None, abstained="timeout")
    remember(apart, vectors, far, near, same)
    results = find("w1 w2 w3 w4")
    assert [result.attempt_id for result in results] == [
        each.attempt_id for each in (same, near, far)
    ]
    assert replace(results[0], similarity=1.0) == Remembered(
        attempt_id=same.attempt_id,
        problem=same.problem,
        problem_type="sql",
        approach="plan",
        outcome="success",
        similarity=1.0,
        p_success=1.0,
        cost=0.5,
        duration_s=60.0,
        steps=3,
        actions=("sql", "submit"),
    )
    assert results[0].similarity == pytest.approx(1, abs=1e-2)
    assert [result.outcome for result in results] == ["success", "failure", "timeout"]
    assert results[1].similarity == pytest.approx(
        float((vectors.embed([near.problem]) @ vectors.embed([same.problem]).T).item()),
        abs=1e-2,
    )


def test_an_attempt_is_found_once_in_its_newest_version(
    apart: Settings, vectors: ProblemVectors, find: Find
) -> None:
    revised = label(apart.tenant, "w1 w2")
    other = label(apart.tenant, "w1 w9")
    for version in (2, 3, 1):
        changes = {"version": version, "offset": version, "p_success": version / 10}
        remember(apart, vectors, revised.model_copy(update=changes), other)
    results = find("w1 w2", 2)
    assert [(result.attempt_id, result.p_success) for result in results] == [
        (revised.attempt_id, 0.3),
        (other.attempt_id, 1.0),
    ]


@pytest.mark.parametrize("crowd", [300, 3000])
def test_a_small_tenant_is_found_behind_many_nearer_rows_of_others(
    apart: Settings, vectors: ProblemVectors, find: Find, crowd: int
) -> None:
    own = [label("mine", f"w1 w2 w{100 + n}") for n in range(7)]
    remember(apart, vectors, *(label("crowd", "w1 w2 w3") for _ in range(crowd)))
    remember(apart, vectors, *own)
    results = find("w1 w2 w3", 5, tenant="mine")
    near = (
        vectors.embed([each.problem for each in own]) @ vectors.embed(["w1 w2 w3"])[0]
    )
    nearest = sorted(zip(near, own, strict=True), key=lambda pair: -pair[0])[:5]
    expected = {each.attempt_id for _, each in nearest}
    assert {result.attempt_id for result in results} == expected
    assert len(find("w1", 100, tenant="mine")) == 7
    assert find("w1", tenant="nobody") == []


def test_a_problem_must_contain_all_words(
    apart: Settings, vectors: ProblemVectors, find: Find
) -> None:
    both = label(apart.tenant, "Count the W1, please: w2!")
    partial = label(apart.tenant, "w1 w20")
    remember(apart, vectors, both, partial)
    assert [result.attempt_id for result in find("w2 W1", mode="words")] == [
        both.attempt_id
    ]
    assert find("'); DROP w1", mode="words") == []
    assert find("?!", mode="words") == []
    assert find("w1 w2", mode="both")[0].attempt_id == both.attempt_id


def test_vectors_of_another_encoder_are_not_compared(
    apart: Settings, vectors: ProblemVectors, find: Find
) -> None:
    remember(apart, vectors, label(apart.tenant, "w1"))
    tiny_bundle(apart.models, BASE_TENANT, "tiny-2")
    other = ProblemVectors.of(apart)
    assert other.name == "tiny-2"
    assert MemorySearch(ClickHouse(apart), other)(apart.tenant, "w1") == []
    assert len(find("w1")) == 1


def test_rows_older_than_the_brief_are_found(
    apart: Settings, vectors: ProblemVectors, find: Find
) -> None:
    clickhouse = ClickHouse(apart)
    clickhouse.command("ALTER TABLE memory DROP COLUMN brief")
    remember(apart, vectors, label(apart.tenant, "w1"))
    adds_brief = dict(shipped())["0018_memory_brief.sql"]
    migrate(clickhouse, [("again.sql", adds_brief)])
    assert [result.problem for result in find("w1")] == ["w1"]


@pytest.mark.parametrize(("text", "k"), [(" ", 5), ("w1", 0), ("w1", 101)])
def test_an_empty_text_or_a_bad_k_is_refused(find: Find, text: str, k: int) -> None:
    with pytest.raises(ConfigurationError, match="k from 1 to 100"):
        find(text, k)


def remembered(attempt_id: str) -> Remembered:
    return Remembered(attempt_id, "", "", "", "", None, 0.0, 0.0, 0.0, 0, ())


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=3))
def test_fusing_keeps_each_once_and_common_leaders_first(
    lists: list[list[str]],
) -> None:
    results = fused([[remembered(name) for name in names] for names in lists])
    ids = [result.attempt_id for result in results]
    assert sorted(ids) == sorted({name for names in lists for name in names})
    leaders = {names[0] if names else "" for names in lists}
    if len(leaders) == 1 and "" not in leaders:
        assert ids[0] in leaders
