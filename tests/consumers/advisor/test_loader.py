"""Loading without Kafka; that promoted advisors are taught first is in test_registry.py."""

from pathlib import Path

import pytest
from support.advice.asking import label
from support.advice.tiny import EARLY, tiny_bundle

from pilotfish.advisors.snapshot import snapshot
from pilotfish.consumers.advisor.loader import AdvisorLoader
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.labels import PlacedLabel


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_the_base_is_looked_for_until_it_is_there(settings: Settings) -> None:
    clock = Clock()
    loader = AdvisorLoader(settings, SnapshotStore(settings.models), clock)
    assert loader.base() is None
    tiny_bundle(settings.models, "base", "tiny-1")
    assert loader.base() is None, "it looks every two seconds at most"
    clock.now += 2
    base = loader.base()
    assert base is not None and base.version == "tiny-1"
    assert loader.base() is base


def test_a_saved_advisor_goes_on_where_it_was(settings: Settings) -> None:
    bundle = tiny_bundle(settings.models, "base", "tiny-1")
    snapshots = SnapshotStore(settings.models)
    loader = AdvisorLoader(settings, snapshots, Clock())
    assert loader.from_snapshot("a", bundle) is None
    new = loader.new("a", bundle, {0: 7})
    assert not new.advisor.learn(PlacedLabel(label(settings, 6), 0, 6, EARLY))
    assert new.advisor.learn(PlacedLabel(label(settings, 7), 0, 7, EARLY))
    snapshots.write("a", new.version, snapshot(new.advisor.state, bundle))
    saved = loader.from_snapshot("a", bundle)
    assert saved is not None and saved.embeddings is new.embeddings
    assert saved.advisor.state.offsets == {0: 8}
    assert saved.advisor.state.head.to_bytes() == new.advisor.state.head.to_bytes()
    assert loader.from_snapshot("b", bundle) is None
