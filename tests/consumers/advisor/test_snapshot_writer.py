from pathlib import Path

import pytest
from support.advice.asking import label
from support.advice.tiny import EARLY, tiny_bundle
from support.polling import eventually

from pilotfish.advisors.encoders import Encoders
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor, load_advisor
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.consumers.advisor.snapshot_writer import SnapshotWriter
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.labels import PlacedLabel

READ = {0: 5, 1: 2}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def loaded(tmp_path: Path) -> list[LoadedAdvisor]:
    bundle, encoders = tiny_bundle(tmp_path, "base", "tiny-1"), Encoders()
    return [load_advisor(name, bundle, None, encoders) for name in ("a", "b")]


def taught(each: LoadedAdvisor) -> None:
    settings = Settings(tenant=each.tenant)
    each.advisor.learn(PlacedLabel(label(settings, 0), 0, 0, EARLY))


def rounds(
    snapshot_writer: SnapshotWriter,
    loaded: list[LoadedAdvisor],
    snapshots: SnapshotStore,
) -> None:
    """Step until the place is written."""

    def place() -> object:
        snapshot_writer.step(loaded, READ)
        return snapshots.read_place()

    eventually(place)


def test_a_round_saves_who_changed_and_then_the_place(
    tmp_path: Path, loaded: list[LoadedAdvisor]
) -> None:
    clock, snapshots = Clock(), SnapshotStore(tmp_path)
    snapshot_writer = SnapshotWriter(snapshots, clock)
    taught(loaded[0])
    snapshot_writer.step(loaded, READ)
    assert not snapshots.path("a", "tiny-1").exists()
    clock.now += 6
    rounds(snapshot_writer, loaded, snapshots)
    assert snapshots.read_place() == READ
    state = snapshots.read("a", loaded[0].bundle)
    assert state is not None and state.offsets == READ
    assert snapshots.read("b", loaded[1].bundle) is None
    assert not loaded[0].advisor.has_unsaved_labels
    snapshots.close()


def test_who_may_not_write_saves_nothing(
    tmp_path: Path, loaded: list[LoadedAdvisor]
) -> None:
    first, snapshots = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    assert first.may_write()
    taught(loaded[0])
    SnapshotWriter(snapshots, Clock()).finish(loaded, READ)
    assert snapshots.read_place() == {}
    first.close()
    SnapshotWriter(snapshots, Clock()).finish(loaded, READ)
    assert snapshots.read_place() == READ
    snapshots.close()


def test_a_full_disk_keeps_the_place_where_it_was(
    tmp_path: Path, loaded: list[LoadedAdvisor]
) -> None:
    snapshots = SnapshotStore(tmp_path)
    taught(loaded[0])
    # A folder in the way of the file, so that writing fails as on a full disk.
    snapshots.path("a", "tiny-1").mkdir(parents=True)
    SnapshotWriter(snapshots, Clock()).finish(loaded, READ)
    assert snapshots.read_place() == {}
    snapshots.close()
