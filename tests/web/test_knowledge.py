"""What the tables know, in a real ClickHouse: of one's own tenant, and of no other."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest
from support.advice.labels import label
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.archive.rows import HintRow, hint_row
from pilotfish.consumers.memory.groups.playbooks import Playbooks
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import Candidate, HintGiven
from pilotfish.schemas.errors import UnavailableError
from pilotfish.web.knowledge import ClickHouseKnowledge

SUMS, MAPS = "w1 w2 w3 w4", "w70 w71 w72 w73"
HINT = HintGiven(
    request_id="r1",
    tenant="t",
    client_id="c",
    attempt_id="advised",
    approach="plan",
    text="plan",
    candidates=(
        Candidate(approach="react", p_success=0.2, propensity=0.25),
        Candidate(approach="plan", p_success=0.8, propensity=0.75),
    ),
    advisor_version="v1",
)
HELD_BACK = HintGiven(
    request_id="r2",
    tenant="t",
    client_id="c",
    attempt_id="held-back",
    abstained="holdout",
    holdout=True,
    candidates=HINT.candidates,
)


@pytest.fixture
def filled(apart: Settings) -> Settings:
    """Attempts of two groups, their playbooks, two hints; as much for another tenant."""
    tiny_bundle(apart.models, BASE_TENANT, "tiny-1")
    for tenant, sums in ((apart.tenant, "plan"), ("other", "guess")):
        fill(apart, tenant, sums)
    return apart


def fill(settings: Settings, tenant: str, sums: str) -> None:
    clickhouse = ClickHouse(settings)
    vectors = ProblemVectors.of(settings)
    tried = [(SUMS, sums)] * 6 + [(MAPS, "look")] * 4
    labels = [label(tenant, problem, approach=approach) for problem, approach in tried]
    embedded = vectors.embed([each.problem for each in labels])
    group = {SUMS: "g-sums", MAPS: "g-maps"}
    clickhouse.insert(
        "memory",
        COLUMNS,
        [
            row(each, vectors.name, vector, group[each.problem])
            for each, vector in zip(labels, embedded, strict=True)
        ],
    )
    [one, *_, two] = embedded.tolist()
    clickhouse.insert(
        "clusters",
        ["tenant", "cluster", "embedder", "embedding", "group_id", "version"],
        [
            (tenant, "g-sums", vectors.name, one, "g-sums", 1),
            (tenant, "g-maps", vectors.name, two, "g-maps", 1),
        ],
    )
    clickhouse.insert(
        "groups",
        ["tenant", "group_id", "name", "version"],
        [(tenant, "g-sums", "sums", 1), (tenant, "g-maps", "maps", 1)],
    )
    Playbooks(clickhouse).write(tenant)
    clickhouse.insert(
        "attempts",
        ["tenant", "attempt_id", "approach", "last_offset"],
        [(tenant, each.attempt_id, each.approach, 1) for each in labels],
    )
    hints = [hint.model_copy(update={"tenant": tenant}) for hint in (HINT, HELD_BACK)]
    rows = [hint_row(hint, 0, number) for number, hint in enumerate(hints)]
    clickhouse.insert("hints", HintRow._fields, rows)


@pytest.fixture
def knowledge(filled: Settings) -> Iterator[ClickHouseKnowledge]:
    with closing(ClickHouseKnowledge(filled)) as knowledge:
        yield knowledge


def test_it_knows_what_the_tenant_has_done(
    filled: Settings, knowledge: ClickHouseKnowledge
) -> None:
    async def ask(tenant: str) -> None:
        sums = "plan" if tenant == filled.tenant else "guess"
        assert await knowledge.approaches(tenant) == [sums, "look"]
        assert await knowledge.groups(tenant) == ["maps", "sums"]
        similar = await knowledge.similar(tenant, SUMS, 3)
        assert [attempt.approach for attempt in similar] == [sums] * 3
        assert await knowledge.has_attempt(tenant, similar[0].attempt_id)
        assert not await knowledge.has_attempt("nobody", similar[0].attempt_id)
        assert await knowledge.group_of(tenant, "w1 w2 w3") == "g-sums"
        for group in ("sums", "g-sums"):
            [play] = await knowledge.playbook(tenant, group)
            assert (play.group, play.approach, play.attempts) == ("sums", sums, 6)
            assert play.low < play.p_success <= play.high

    for tenant in (filled.tenant, "other"):
        asyncio.run(ask(tenant))


def test_a_hint_is_marked_as_it_was_given(
    filled: Settings, knowledge: ClickHouseKnowledge
) -> None:
    async def ask() -> None:
        tenant = filled.tenant
        assert await knowledge.hint_of(tenant, "advised") == HINT.mark
        assert await knowledge.hint_of(tenant, "held-back") == HELD_BACK.mark
        assert await knowledge.hint_of(tenant, "unadvised") is None
        assert await knowledge.hint_of("nobody", "advised") is None

    asyncio.run(ask())


def test_of_a_new_tenant_it_knows_nothing(knowledge: ClickHouseKnowledge) -> None:
    async def ask() -> None:
        assert await knowledge.approaches("new") == []
        assert await knowledge.groups("new") == []
        assert await knowledge.group_of("new", SUMS) == ""
        assert await knowledge.playbook("new", "sums") == []

    asyncio.run(ask())


def test_a_clickhouse_that_is_away_is_said() -> None:
    away = Settings(clickhouse="http://127.0.0.1:1")
    with (
        closing(ClickHouseKnowledge(away)) as knowledge,
        pytest.raises(UnavailableError),
    ):
        asyncio.run(knowledge.approaches("t"))
