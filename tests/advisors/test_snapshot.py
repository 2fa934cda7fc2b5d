import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from support.advice.tiny import DIM, tiny_bundle

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.learned_labels import Learned
from pilotfish.advisors.records import Record
from pilotfish.advisors.snapshot import restore, snapshot
from pilotfish.advisors.state import AdvisorState
from pilotfish.schemas.errors import BundleError

ROW = np.eye(DIM, dtype=np.float32)[0]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny_bundle(tmp_path, "t", "v1")


def learned(bundle: Bundle) -> AdvisorState:
    state = AdvisorState.of_bundle(bundle, {0: 3})
    state.head.learn(ROW, "", "plan", 1.0)
    state.learned_labels.put("a1", Learned(2, 1.0, "", "plan", moves=("show", "ask")))
    state.kinds.learn(ROW, "sort")
    state.costs.learn("", "plan", 0.5)
    state.records.count("sql", "plan", 1.0)
    state.next_moves.count("sql", ("show", "ask"), 1.0)
    state.adherence.count("sql", "plan", "react")
    return state


def test_a_restored_state_is_the_same_to_the_last_byte(bundle: Bundle) -> None:
    content = snapshot(learned(bundle), bundle)
    assert snapshot(restore(content, bundle), bundle) == content


def test_names_in_a_snapshot_stay_while_its_format_does(bundle: Bundle) -> None:
    """A new version of pilotfish goes on from the snapshots of the old one."""
    tensors = safetensors.numpy.load(snapshot(learned(bundle), bundle))
    assert set(tensors) == {"about", "head", "ledger", "kinds"}


def test_a_snapshot_from_before_moves_and_adherence_counted_is_read(
    bundle: Bundle,
) -> None:
    tensors = safetensors.numpy.load(snapshot(learned(bundle), bundle))
    about = json.loads(tensors["about"].tobytes())
    del about["next_moves"], about["adherence"]
    tensors["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    labels = b'[["a1", [2, 1.0, "", "plan", 0, "sql"]]]'
    tensors["ledger"] = np.frombuffer(labels, np.uint8)
    state = restore(safetensors.numpy.save(tensors), bundle)
    assert state.next_moves.entries == state.adherence.entries == []
    assert state.learned_labels.get("a1") == Learned(2, 1.0, "", "plan", 0, "sql")
    assert state.records.of("sql", ["plan"]) == [Record(1, 1.0)]


@pytest.mark.parametrize("missing", ["about", "head", "ledger", "kinds"])
def test_a_snapshot_that_lacks_a_part_is_refused(bundle: Bundle, missing: str) -> None:
    tensors = safetensors.numpy.load(snapshot(learned(bundle), bundle))
    del tensors[missing]
    with pytest.raises(BundleError, match="not a snapshot"):
        restore(safetensors.numpy.save(tensors), bundle)


def test_a_snapshot_of_another_bundle_is_refused(
    bundle: Bundle, tmp_path: Path
) -> None:
    other = tiny_bundle(tmp_path, "t", "v2")
    with pytest.raises(BundleError, match="another bundle"):
        restore(snapshot(learned(bundle), bundle), other)
