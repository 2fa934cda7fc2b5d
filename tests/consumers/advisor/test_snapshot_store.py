from pathlib import Path

import numpy as np
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.kinds import Kinds
from pilotfish.advisors.learned_labels import Learned
from pilotfish.advisors.snapshot import snapshot
from pilotfish.advisors.state import AdvisorState
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore

ROW = np.eye(32, dtype=np.float32)[0]


def state_of(root: Path) -> tuple[AdvisorState, SnapshotStore]:
    bundle = tiny_bundle(root, "t", "v1")
    state = AdvisorState.of_bundle(bundle, {0: 3})
    state.head.learn(ROW, "", "plan", 1.0)
    state.learned_labels.put("a1", Learned(2, 1.0, "", "plan"))
    state.kinds.learn(ROW, "sort")
    state.costs.learn("", "plan", 0.5)
    snapshots = SnapshotStore(root)
    snapshots.write("t", "v1", snapshot(state, bundle))
    return state, snapshots


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    state, snapshots = state_of(tmp_path)
    bundle = tiny_bundle(tmp_path / "copy", "t", "v1")
    again = snapshots.read("t", bundle)
    assert again is not None
    assert again.head.to_bytes() == state.head.to_bytes()
    assert again.learned_labels.get("a1") == state.learned_labels.get("a1")
    assert again.kinds.predict(ROW) == state.kinds.predict(ROW) != ""
    assert again.costs.entries == state.costs.entries != []
    assert again.offsets == {0: 3}


def test_a_snapshot_without_kinds_is_read_too(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v1")
    snapshots = SnapshotStore(tmp_path)
    snapshots.write("t", "v1", snapshot(AdvisorState.of_bundle(bundle, {}), bundle))
    again = snapshots.read("t", bundle)
    assert again is not None
    assert again.kinds.names == Kinds(32).names


def test_a_damaged_snapshot_and_one_of_another_bundle_are_left(tmp_path: Path) -> None:
    _, snapshots = state_of(tmp_path)
    other = tiny_bundle(tmp_path / "copy", "t", "v1", watermark={0: 9})
    assert snapshots.read("t", other) is None
    bundle = tiny_bundle(tmp_path / "copy", "u", "v1")
    assert snapshots.read("u", bundle) is None
    path = snapshots.path("t", "v1")
    path.write_bytes(path.read_bytes()[:-50])
    assert snapshots.read("t", tiny_bundle(tmp_path / "third", "t", "v1")) is None


def test_the_place_is_the_beginning_until_one_is_written(tmp_path: Path) -> None:
    snapshots = SnapshotStore(tmp_path)
    assert snapshots.read_place() == {}
    snapshots.write_place({0: 4, 3: 9})
    assert snapshots.read_place() == {0: 4, 3: 9}


def test_one_at_a_time_may_write(tmp_path: Path) -> None:
    first, second = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    assert first.may_write() and first.may_write()
    assert not second.may_write()
    first.close()
    assert second.may_write()
    second.close()
