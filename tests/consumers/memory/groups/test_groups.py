"""Groups in a real ClickHouse: after restarts, with other workers, split and merged."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.advice.labels import label

from pilotfish.consumers.forget.erasing import Subject, erase
from pilotfish.consumers.memory.groups.groups import EVERY_S, Groups
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

EMBEDDER = "made up"
DIM = 384


def at(degrees: float, up: float = 0.0) -> NDArray[np.float32]:
    """Return a vector of length 1 at an angle in a plane, or above the plane."""
    vector = np.zeros(DIM, np.float32)
    vector[:3] = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees)), up
    return vector / np.float32(np.linalg.norm(vector))


class Remembering:
    """Remembers problems at an angle, as the memory does."""

    def __init__(self, settings: Settings) -> None:
        self.tenant = settings.tenant
        self.clickhouse = ClickHouse(settings)
        self.now = 0.0
        self.groups = self.worker()

    def worker(self) -> Groups:
        return Groups(self.clickhouse, EMBEDDER, clock=lambda: self.now)

    def put(self, problem: str, *degrees: float, up: float = 0.0) -> list[str]:
        labels = [label(self.tenant, problem) for _ in degrees]
        vectors = np.stack([at(angle, up) for angle in degrees])
        names = self.groups.join(labels, vectors)
        rows = [
            row(each, EMBEDDER, vector, name)
            for each, vector, name in zip(labels, vectors, names, strict=True)
        ]
        self.clickhouse.insert("memory", COLUMNS, rows)
        return names

    def regroup(self) -> None:
        self.now += EVERY_S
        self.groups.step(leads=True)
        while self.groups.step(leads=True):
            pass

    def ask(self, sql: str) -> list[Any]:
        return self.clickhouse.query(sql, {"tenant": self.tenant})

    def groups_of(self) -> dict[str, set[str]]:
        sql = """SELECT group_id, groupUniqArray(problem) FROM grouped_attempts
            WHERE tenant = {tenant:String} GROUP BY group_id"""
        return {group: set(problems) for group, problems in self.ask(sql)}


@pytest.fixture
def remembering(apart: Settings) -> Remembering:
    return Remembering(apart)


def test_near_problems_are_one_group_with_a_name(remembering: Remembering) -> None:
    remembering.put("count singers", 0, 5, 10)
    remembering.put("list stadiums", 170, 175)
    remembering.regroup()
    assert sorted(map(sorted, remembering.groups_of().values())) == [
        ["count singers"],
        ["list stadiums"],
    ]
    sql = """SELECT name, clusters, attempts FROM groups FINAL
        WHERE tenant = {tenant:String} ORDER BY name"""
    assert remembering.ask(sql) == [("count singers", 1, 3), ("list stadiums", 1, 2)]


def test_a_restarted_worker_reads_the_clusters(remembering: Remembering) -> None:
    [first] = remembering.put("a", 0)
    remembering.groups = remembering.worker()
    assert remembering.put("a", 5) == [first]


def test_clusters_of_other_workers_are_read_after_a_while(
    remembering: Remembering,
) -> None:
    own, other = remembering.groups, remembering.worker()
    remembering.put("a", 0)
    remembering.groups = other
    [theirs] = remembering.put("b", 170)
    remembering.groups = own
    assert remembering.put("b", 172) != [theirs]
    remembering.now += EVERY_S
    own.step(leads=False)
    assert remembering.put("b", 170) == [theirs]


def test_a_bridge_merges_two_groups_and_the_larger_keeps_its_id(
    remembering: Remembering,
) -> None:
    remembering.put("small", 0)
    remembering.put("large", *[72.5] * 5)
    remembering.regroup()
    before = {
        min(problems): group for group, problems in remembering.groups_of().items()
    }
    assert len(before) == 2
    remembering.put("between", 36, 36, up=0.62)
    remembering.regroup()
    assert remembering.groups_of() == {before["large"]: {"small", "large", "between"}}
    sql = """SELECT merged_into FROM groups FINAL
        WHERE tenant = {tenant:String} AND clusters = 0"""
    assert remembering.ask(sql) == [(before["large"],)]


def test_a_forgotten_founder_is_replaced_or_the_cluster_deleted(
    remembering: Remembering,
) -> None:
    remembering.put("ours", 0, 10)
    remembering.put("alone", 170)
    remembering.regroup()
    ids = dict(
        remembering.ask("SELECT problem, min(attempt_id) FROM memory GROUP BY 1")
    )
    for problem in ("ours", "alone"):
        erase(remembering.clickhouse, Subject(remembering.tenant, ids[problem]))
    assert {min(group) for group in remembering.groups_of().values()} == {"ours"}
    [(first, second)] = remembering.ask(
        "SELECT embedding[1], embedding[2] FROM clusters"
    )
    assert (first, second) == pytest.approx(at(10)[:2], abs=0.003)


def test_regrouping_changes_nothing(remembering: Remembering) -> None:
    remembering.put("a", 0, 30, 60, 90, 120)
    remembering.regroup()
    clusters = "SELECT cluster, group_id, version FROM clusters FINAL ORDER BY cluster"
    before = remembering.ask(clusters)
    remembering.put("a", 3)
    remembering.regroup()
    assert before == remembering.ask(clusters)
