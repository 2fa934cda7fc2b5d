"""Clusters: similar problems share one, and replays find the same clusters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pilotfish.consumers.memory.groups.clusters import MOST, NEAR, Cluster, Clusters

DIM = 8


def unit(*numbers: float) -> NDArray[np.float32]:
    vector = np.zeros(DIM, np.float32)
    vector[: len(numbers)] = numbers
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


vectors = st.lists(
    st.lists(st.floats(0.01, 1), min_size=DIM, max_size=DIM).map(lambda v: unit(*v)),
    max_size=20,
)


def test_near_problems_share_a_cluster_and_far_ones_do_not() -> None:
    clusters = Clusters()
    first, created = clusters.join("a", unit(1, 0.1))
    assert created is not None and created.name == first
    assert clusters.join("b", unit(1, 0.2)) == (first, None)
    other, created = clusters.join("c", unit(0, 0, 1))
    assert created is not None and other != first and created.group == other


def test_a_new_cluster_joins_the_group_of_one_that_is_not_far() -> None:
    existing = Cluster("one", unit(1), "its group")
    _, created = Clusters([existing]).join("a", unit(0.5, 0.8))
    assert created is not None and created.group == "its group"


@given(vectors)
def test_a_replay_founds_no_clusters(problems: list[NDArray[np.float32]]) -> None:
    clusters = Clusters()
    joined = [clusters.join(str(n), problem) for n, problem in enumerate(problems)]
    created = [new for _, new in joined if new is not None]
    again = Clusters(created)
    for number, problem in enumerate(problems):
        name, new = again.join(str(number), problem)
        [leader] = [cluster for cluster in created if cluster.name == name]
        assert new is None and leader.embedding @ problem >= NEAR


def test_the_least_recently_used_cluster_is_replaced() -> None:
    order = np.random.default_rng(1)
    problems = order.normal(size=(MOST + 1, 384)).astype(np.float32)
    problems /= np.linalg.norm(problems, axis=1, keepdims=True)
    clusters = Clusters()
    names = [clusters.join(str(n), row)[0] for n, row in enumerate(problems[:MOST])]
    assert clusters.join("again", problems[0]) == (names[0], None)
    clusters.join("one more", problems[MOST])
    assert clusters.join("again", problems[0]) == (names[0], None)
    assert clusters.join("again", problems[1])[1] is not None
