"""Every service killed in its turn; the trigger fires at the last label, and no sooner."""

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

import pytest
from faults.processes import Platform, Service, logs
from faults.replay import PER_ATTEMPT, replay
from faults.truth import windows_differ
from support.advice.asking import Asker
from support.advice.tiny import tiny_bundle
from support.polling import eventually

from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import new_labels

pytestmark = pytest.mark.slow

SERVICES = ("archive", "streams", "advisor", "trigger")
ATTEMPTS = 2000
# See `replay.attempt`: every eleventh meets a rate limit, and every other one of those
# had its answer verified all the same.
ABSTENTIONS = len(range(0, ATTEMPTS, 22))
KILL_EVERY_S = 3

ARCHIVED = """
SELECT count(), uniqExact(event_id) FROM events WHERE tenant = {tenant:String}
"""
ATTEMPTED = """
SELECT count(), countIf(version > 0), sum(length(seen_events)) FROM attempts FINAL
WHERE tenant = {tenant:String}
"""


@pytest.fixture
def whole(platform: Platform) -> Platform:
    """A platform whose advisor has a base, and whose trigger fires at the last label."""
    tiny_bundle(platform.settings.models, "base", "tiny-1")
    changes = {"train_at": ATTEMPTS - ABSTENTIONS}
    return replace(platform, settings=platform.settings.model_copy(update=changes))


def row(clickhouse: ClickHouse, sql: str, tenant: str) -> tuple[int, ...]:
    [found] = clickhouse.query(sql, {"tenant": tenant})
    return tuple(int(value) for value in found)


def comes_true(
    question: Callable[[], object], answer: object, services: dict[str, Service]
) -> None:
    try:
        eventually(question, answer)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error


def test_killed_in_turn_nothing_is_lost_or_counted_twice(
    whole: Platform, clickhouse: ClickHouse
) -> None:
    tenant = whole.settings.tenant
    # Held here, so that the training the trigger starts ends at once: it is busy.
    with (
        ModelStore(whole.settings.models).training_lock(tenant),
        whole.services(*SERVICES) as services,
    ):
        turns = cycle(SERVICES)

        def kill_one(second: int) -> None:
            if second % KILL_EVERY_S == 0:
                service = services[next(turns)]
                service.kill()
                service.start()

        events = replay(whole.settings, ATTEMPTS, 700, kill_one)
        assert len(events) == ATTEMPTS * PER_ATTEMPT == 20_000
        once = (len(events), len(events))
        comes_true(lambda: row(clickhouse, ARCHIVED, tenant), once, services)
        attempts = (ATTEMPTS, ATTEMPTS, len(events))
        comes_true(lambda: row(clickhouse, ATTEMPTED, tenant), attempts, services)
        assert windows_differ(clickhouse, tenant) == []

        assert new_labels(clickhouse, tenant) == ATTEMPTS - ABSTENTIONS
        trigger = services["trigger"]
        comes_true(lambda: b'"training_started"' in trigger.log.read_bytes(), True, services)  # fmt: skip
        asker = Asker(whole.settings)
        assert asker.answer("w1 w7").advisor_version
        asker.close()
        for service in services.values():
            assert service.stop() == 0
