"""Who serves whom; with real Kafka, because a promoted advisor is taught from there."""

import threading
from collections.abc import Iterator

import pytest
from support.advice.asking import lessons, publish_labels
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.bundle import Bundle
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(settings: Settings, clock: Clock) -> Iterator[AdvisorRegistry]:
    tiny_bundle(settings.models, "base", "tiny-1")
    made = AdvisorRegistry(settings, SnapshotStore(settings.models), clock)
    yield made
    made.close()


def promoted(bundle: Bundle) -> AdvisorPromoted:
    card = bundle.card
    return AdvisorPromoted(
        tenant=card.tenant, version=card.version, checksum=bundle.checksum
    )


def settled(registry: AdvisorRegistry) -> list[LoadedAdvisor]:
    """Wait until what is being loaded is in service or has failed."""
    ready = registry.settle()
    for _ in range(1000):
        if registry._loading is None:
            return ready
        threading.Event().wait(0.01)
        ready += registry.settle()
    raise AssertionError("nothing was loaded")


def test_the_base_bundle_serves_whoever_has_no_promotion(
    registry: AdvisorRegistry,
) -> None:
    base = registry.for_request("a")
    assert base is not None and base is registry.for_request("b")
    own = registry.for_labels("a", {0: 7})
    assert own.advisor.state.offsets == {0: 7}
    assert registry.for_request("a") is own
    assert registry.for_request("b") is base
    assert own.embeddings is base.embeddings
    assert list(registry.loaded) == [own]


def test_a_promoted_bundle_is_taught_before_it_serves(
    registry: AdvisorRegistry, settings: Settings
) -> None:
    publish_labels(settings, *lessons(settings, 20, "react"))
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    registry.announced(promoted(new))
    [loaded] = settled(registry)
    assert registry.for_request(settings.tenant) is loaded
    assert loaded.version == "v2"
    assert len(loaded.advisor.state.learned_labels) == 20


def test_the_newest_of_two_promotions_wins(
    registry: AdvisorRegistry, settings: Settings
) -> None:
    tenant = settings.tenant
    for version in ("v2", "v3"):
        registry.announced(promoted(tiny_bundle(settings.models, tenant, version)))
        registry.settle()
    ready = settled(registry) + settled(registry)
    assert [loaded.version for loaded in ready] == ["v3"]


def test_a_damaged_bundle_is_tried_again_after_a_while(
    registry: AdvisorRegistry, settings: Settings, clock: Clock
) -> None:
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    file = new.path / "tokenizer.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    registry.announced(promoted(new))
    assert settled(registry) == []
    file.write_bytes(whole)
    assert settled(registry) == []
    clock.now += 60
    settled(registry)
    assert [loaded.version for loaded in registry.loaded] == ["v2"]


def test_a_start_with_a_damaged_bundle_falls_back_to_base(
    registry: AdvisorRegistry, settings: Settings
) -> None:
    publish_labels(settings, *lessons(settings, 8, "react"))
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    (new.path / "card.json").unlink()
    registry.start([promoted(new)], threading.Event(), lambda: None)
    [loaded] = registry.loaded
    assert loaded.version == "tiny-1"
    assert len(loaded.advisor.state.learned_labels) == 8


def test_without_base_nobody_serves_until_it_is_there(
    settings: Settings, clock: Clock
) -> None:
    registry = AdvisorRegistry(settings, SnapshotStore(settings.models), clock)
    assert registry.for_request("a") is None and not registry.ready
    tiny_bundle(settings.models, "base", "tiny-1")
    clock.now += 10
    assert registry.ready and registry.for_request("a") is not None
