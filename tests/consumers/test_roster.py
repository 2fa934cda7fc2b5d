"""Who serves whom; with real Kafka, because a promoted advisor is taught from there."""

import threading
from collections.abc import Iterator

import pytest
from advice.asking import lessons, publish_labels
from advice.tiny import tiny_bundle

from pilotfish.advisors.bundle import Bundle
from pilotfish.consumers.roster import Roster
from pilotfish.consumers.serving import Serving
from pilotfish.consumers.snapshots import Snapshots
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.settings import Settings


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def roster(settings: Settings, clock: Clock) -> Iterator[Roster]:
    tiny_bundle(settings.models, "base", "tiny-1")
    made = Roster(settings, Snapshots(settings.models), clock)
    yield made
    made.close()


def promoted(bundle: Bundle) -> AdvisorPromoted:
    card = bundle.card
    return AdvisorPromoted(
        tenant=card.tenant, version=card.version, checksum=bundle.checksum
    )


def settled(roster: Roster) -> list[Serving]:
    """Wait until what is coming has come or failed."""
    come = roster.settle()
    for _ in range(1000):
        if roster._coming is None:
            return come
        threading.Event().wait(0.01)
        come += roster.settle()
    raise AssertionError("nothing came")


def test_the_base_bundle_serves_whoever_has_no_promotion(roster: Roster) -> None:
    one, other = roster.for_request("a"), roster.for_request("b")
    assert one is not None and one is other
    learning = roster.for_labels("a", {0: 7})
    assert learning.learning.state.offsets == {0: 7}
    assert roster.for_request("a") is learning
    assert roster.for_request("b") is not learning
    assert learning.embeddings is one.embeddings
    assert list(roster.serving) == [learning]


def test_a_promoted_bundle_is_taught_before_it_serves(
    roster: Roster, settings: Settings
) -> None:
    publish_labels(settings, *lessons(settings, 20, "react"))
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    roster.announced(promoted(new))
    [come] = settled(roster)
    assert roster.for_request(settings.tenant) is come
    assert come.version == "v2"
    assert len(come.learning.state.ledger) == 20


def test_the_newest_of_two_promotions_wins(roster: Roster, settings: Settings) -> None:
    tenant = settings.tenant
    for version in ("v2", "v3"):
        roster.announced(promoted(tiny_bundle(settings.models, tenant, version)))
        roster.settle()
    come = settled(roster) + settled(roster)
    assert [one.version for one in come] == ["v3"]


def test_a_damaged_bundle_is_tried_again_after_a_while(
    roster: Roster, settings: Settings, clock: Clock
) -> None:
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    file = new.path / "tokenizer.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    roster.announced(promoted(new))
    assert settled(roster) == []
    file.write_bytes(whole)
    assert settled(roster) == []
    clock.now += 60
    settled(roster)
    assert [one.version for one in roster.serving] == ["v2"]


def test_a_start_with_a_damaged_bundle_falls_back_to_base(
    roster: Roster, settings: Settings
) -> None:
    publish_labels(settings, *lessons(settings, 8, "react"))
    new = tiny_bundle(settings.models, settings.tenant, "v2")
    (new.path / "card.json").unlink()
    roster.start([promoted(new)], threading.Event(), lambda: None)
    [serving] = roster.serving
    assert serving.version == "tiny-1"
    assert len(serving.learning.state.ledger) == 8


def test_without_base_nobody_serves_until_it_is_there(
    settings: Settings, clock: Clock
) -> None:
    roster = Roster(settings, Snapshots(settings.models), clock)
    assert roster.for_request("a") is None and not roster.ready
    tiny_bundle(settings.models, "base", "tiny-1")
    clock.now += 10
    assert roster.ready and roster.for_request("a") is not None
