"""Two tenants on one platform: one tries every door to the other's."""

from typing import Any

import pytest
from faults.processes import Platform, logs
from support.advice.asking import APPROACHES, Asker
from support.advice.tiny import tiny_bundle
from support.polling import eventually

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    HintMark,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS

PROBLEM = "w1 w7"
SECRET = "w3 the plan of the others"
DOORS = {
    "attempts": "attempt_id, version, p_success, problem, steps, cost",
    "window_counts": "* EXCEPT (inserted_at)",
    "events": "* EXCEPT (inserted_at)",
}


def attempts(tenant: str, count: int) -> list[Event]:
    """Attempts of which those that plan succeed, and the others fail."""
    made: list[Event] = []
    for number in range(count):
        approach = list(APPROACHES)[number % len(APPROACHES)]
        common: dict[str, Any] = {"tenant": tenant, "attempt_id": new_id()}
        made += [
            AttemptStarted(**common, problem=PROBLEM, approach=approach),
            StepRecorded(**common, kind="action", name="try", content=SECRET, cost=1.0),
            AttemptEnded(
                **common, status="succeeded" if approach == "plan" else "failed"
            ),
        ]
    return made


def stolen(event: Event, tenant: str) -> list[Event]:
    """What a tenant may try who has learned the ids of another's event."""
    common: dict[str, Any] = {"tenant": tenant, "attempt_id": event.attempt_id}
    hint = HintMark(request_id="r", approach="react", propensity=0.01)
    return [
        event.model_copy(update={"tenant": tenant}),
        FeedbackGiven(**common, value=0.0, source="an intruder"),
        AttemptStarted(**common, problem=PROBLEM, approach="react"),
        StepRecorded(**common, kind="action", name="late", content="x", cost=9.0),
        AttemptEnded(**common, status="succeeded", hint=hint),
    ]


def send(settings: Settings, events: list[Event]) -> None:
    to = producer(settings)
    for event in events:
        publish(to, EVENTS, event.attempt_id, event)
    assert to.flush(60) == 0


def everything(clickhouse: ClickHouse, tenant: str) -> dict[str, list[Any]]:
    """All that a tenant has in ClickHouse."""
    return {
        table: clickhouse.query(
            f"SELECT {columns} FROM {table} FINAL WHERE tenant = {{t:String}} "
            "ORDER BY ALL",
            {"t": tenant},
        )
        for table, columns in DOORS.items()
    }


@pytest.mark.slow
def settled(asker: Asker) -> dict[str, float]:
    """Return what the advisor believes, once it has learned all that came."""
    beliefs: list[dict[str, float]] = []

    def steady() -> bool:
        beliefs.append(asker.believed(PROBLEM))
        return len(beliefs) > 2 and beliefs[-1] == beliefs[-2] == beliefs[-3]

    eventually(steady, every_s=1.0)
    return beliefs[-1]


def test_what_an_intruder_sends_changes_and_shows_nothing_of_the_other(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    settings = platform.settings.model_copy(update={"holdout": 0.0})
    intruder = settings.model_copy(update={"tenant": f"intruder-{new_id()}"})
    tiny_bundle(settings.models, "base", "tiny-1")
    own = attempts(settings.tenant, 60)
    victim, thief = Asker(settings), Asker(intruder)

    def labelled(tenant: str) -> int:
        rows = everything(clickhouse, tenant)["attempts"]
        return sum(row[1] > 0 for row in rows)

    with platform.services("streams", "archive", "advisor") as services:
        send(settings, own)
        eventually(lambda: labelled(settings.tenant), 60)
        eventually(lambda: victim.believed(PROBLEM)["plan"] > 0.9)
        archived = "SELECT count() FROM events WHERE tenant = {t:String}"
        eventually(lambda: clickhouse.query(archived, {"t": settings.tenant}), [(180,)])
        before = everything(clickhouse, settings.tenant)
        believed = settled(victim)

        # The advisor knows nothing of the intruder yet, whatever it knows of others.
        chances = thief.believed(PROBLEM)
        assert list(chances.values()) == pytest.approx([0.5] * len(APPROACHES))
        send(settings, [one for event in own for one in stolen(event, intruder.tenant)])
        eventually(lambda: labelled(intruder.tenant), 60)
        eventually(lambda: thief.believed(PROBLEM) != chances)

        assert everything(clickhouse, settings.tenant) == before
        assert victim.believed(PROBLEM) == believed
        hint = thief.answer(PROBLEM, attempt_id=own[0].attempt_id)
        assert hint.tenant == intruder.tenant
        assert all(one.alive() for one in services.values()), logs([*services.values()])
    victim.close()
    thief.close()
