"""Clusters: every item has one, near items share one, names are stable."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pilotfish.consumers.memory.groups.clusters import Cluster, grouped


def at(degrees: float) -> NDArray[np.float32]:
    radians = np.deg2rad(degrees)
    return np.array([np.cos(radians), np.sin(radians)], np.float32)


def cluster(name: str, degrees: float, group: str) -> Cluster:
    return Cluster(name, at(degrees), group)


drawn = st.lists(
    st.tuples(st.floats(0, 180), st.sampled_from("pqrs")), min_size=1, max_size=12
).map(lambda pairs: [cluster(str(n), *pair) for n, pair in enumerate(pairs)])


def test_near_clusters_are_merged_and_the_larger_group_keeps_its_id() -> None:
    clusters = [
        cluster("a", 0, "small"),
        cluster("b", 10, "large"),
        cluster("c", 170, "far"),
    ]
    groups, merged = grouped(clusters, {"a": 3, "b": 9, "c": 1})
    assert groups == {"a": "large", "b": "large", "c": "far"}
    assert merged == {"small": "large"}


def test_a_group_that_splits_keeps_its_id_where_most_attempts_are() -> None:
    clusters = [
        cluster("a", 0, "both"),
        cluster("b", 5, "both"),
        cluster("c", 170, "both"),
    ]
    groups, merged = grouped(clusters, {"a": 1, "b": 1, "c": 50})
    assert groups["c"] == "both" and groups["a"] == groups["b"] != "both"
    assert merged == {}


def test_one_cluster_is_a_group_of_its_own() -> None:
    assert grouped([cluster("a", 0, "alone")], {}).clusters == {"a": "alone"}
    assert grouped([], {}).clusters == {}


@given(drawn)
def test_grouping_again_changes_nothing(clusters: list[Cluster]) -> None:
    first = grouped(clusters, {})
    assert first.clusters.keys() == {each.name for each in clusters}
    moved = [each._replace(group=first.clusters[each.name]) for each in clusters]
    again = grouped(moved, {})
    assert again.clusters == first.clusters and again.merged == {}


@given(drawn)
def test_an_id_that_ended_leads_to_a_current_one(clusters: list[Cluster]) -> None:
    groups, merged = grouped(clusters, {})
    old, now = {each.group for each in clusters}, set(groups.values())
    assert merged.keys() == old - now
    assert set(merged.values()) <= now
