from pathlib import Path

import pytest
from advice.asking import label
from advice.tiny import EARLY, tiny_bundle
from polling import eventually

from pilotfish.consumers.advisor.loaded_advisor import (
    Encoders,
    LoadedAdvisor,
    serve_bundle,
)
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.consumers.advisor.snapshot_writer import SnapshotWriter
from pilotfish.runtime.label_reader import PlacedLabel
from pilotfish.runtime.settings import Settings

READ = {0: 5, 1: 2}


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def serving(tmp_path: Path) -> list[LoadedAdvisor]:
    bundle, encoders = tiny_bundle(tmp_path, "base", "tiny-1"), Encoders()
    return [serve_bundle(name, bundle, None, encoders) for name in ("a", "b")]


def taught(one: LoadedAdvisor) -> None:
    settings = Settings(tenant=one.tenant)
    one.learning.learn([PlacedLabel(label(settings, 0), 0, 0, EARLY)])


def rounds(
    snapshot_writer: SnapshotWriter,
    serving: list[LoadedAdvisor],
    snapshots: SnapshotStore,
) -> None:
    """Step until the place is written."""

    def place() -> object:
        snapshot_writer.step(serving, READ)
        return snapshots.read_place()

    eventually(place)


def test_a_round_saves_who_changed_and_then_the_place(
    tmp_path: Path, serving: list[LoadedAdvisor]
) -> None:
    clock, snapshots = Clock(), SnapshotStore(tmp_path)
    snapshot_writer = SnapshotWriter(snapshots, clock)
    taught(serving[0])
    snapshot_writer.step(serving, READ)
    assert not snapshots.path("a", "tiny-1").exists()
    clock.now += 6
    rounds(snapshot_writer, serving, snapshots)
    assert snapshots.read_place() == READ
    state = snapshots.read("a", serving[0].bundle)
    assert state is not None and state.offsets == READ
    assert snapshots.read("b", serving[1].bundle) is None
    assert not serving[0].learning.changed
    snapshots.close()


def test_who_may_not_write_saves_nothing(
    tmp_path: Path, serving: list[LoadedAdvisor]
) -> None:
    first, snapshots = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    assert first.may_write()
    taught(serving[0])
    SnapshotWriter(snapshots, Clock()).finish(serving, READ)
    assert snapshots.read_place() == {}
    first.close()
    SnapshotWriter(snapshots, Clock()).finish(serving, READ)
    assert snapshots.read_place() == READ
    snapshots.close()


def test_a_full_disk_keeps_the_place_where_it_was(
    tmp_path: Path, serving: list[LoadedAdvisor]
) -> None:
    snapshots = SnapshotStore(tmp_path)
    taught(serving[0])
    # A folder in the way of the file, so that writing fails as on a full disk.
    snapshots.path("a", "tiny-1").mkdir(parents=True)
    SnapshotWriter(snapshots, Clock()).finish(serving, READ)
    assert snapshots.read_place() == {}
    snapshots.close()
