"""Finds the strategies of tenants, publishes them, and assigns attempts to them.

Everything follows from the tables `memory` and `strategy_patterns`: a pass that is repeated
after a crash, or by another worker, finds the same strategies and publishes the same
events. What a person decided about a strategy stays.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pilotfish.consumers.memory.strategies.evidence import effects
from pilotfish.consumers.memory.strategies.standing import changes_of, without_gain
from pilotfish.consumers.memory.strategies.tables import Tables, Unassigned, Used
from pilotfish.consumers.memory.strategies.wording import wording
from pilotfish.runtime.catalogue import Catalogue, CatalogueReader
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import metrics
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import micros, utc_now
from pilotfish.schemas.events import StrategyAssigned
from pilotfish.schemas.ids import assignment_id
from pilotfish.schemas.strategies import StrategyChanged
from pilotfish.schemas.topics import EVENTS, STRATEGIES
from pilotfish.strategies.finding import MOST_PATTERNS, Found, found
from pilotfish.strategies.patterns import Pattern

EVERY_S: Final = 2.0
"""Between two looks for new attempts."""
SHARE: Final = 0.1
"""Of the time, the most that passes may take; a pass mostly waits for ClickHouse and Kafka."""
REVIEWED_S: Final = 60.0
"""Between two looks at what advice of a tenant's strategies has changed."""
MOST_ASSIGNED: Final = 2000
"""Attempts that a pass assigns to a strategy, the newest; the next passes do the rest."""


class Strategies:
    """All tenants' strategies.

    Args:
        settings: which Kafka, and the model that words strategies.
        clickhouse: has the tables.
        publisher: takes events, and how strategies stand.
        clock: seconds that only grow.

    Raises:
        UnavailableError, StorageError: from all methods, as `ClickHouse.query`.
        ConfigurationError, RequirementError: as `wording`.
    """

    def __init__(
        self,
        settings: Settings,
        clickhouse: ClickHouse,
        publisher: Publisher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clickhouse = clickhouse
        self._tables = Tables(clickhouse)
        self._wording = wording(settings)
        self._publisher = publisher
        self._clock = clock
        self._next = clock()
        self._due: deque[str] = deque()
        self._catalogue = Catalogue()
        self._reader: CatalogueReader | None = None
        self._reviewed: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def step(self, *, leads: bool) -> bool:
        """Look after one tenant if that is due; return whether one was.

        `leads`: this is the only worker that looks after strategies.
        """
        if not leads or self._clock() < self._next:
            return False
        self._read_catalogue()  # opening it takes a second, once
        began = self._clock()
        if not self._due:
            self._due.extend(self._tables.changed())
        if self._due:
            self._look_after(self._due[0])  # stays due if this fails
            self._due.popleft()
        took_s = self._clock() - began
        self._next = began + max(EVERY_S if not self._due else 0.0, took_s / SHARE)
        return True

    def close(self) -> None:
        """Disconnect."""
        if self._reader is not None:
            self._reader.close()

    def _look_after(self, tenant: str) -> None:
        """Find a tenant's strategies; publish what changed; assign attempts."""
        counts = self._tables.counts(tenant)
        self._note_left_out(tenant, len(counts))
        before = self._tables.patterns(tenant)
        now = found({p: by.total() for p, by in counts.items()}, before)
        moved = {p: s for p, s in now.strategies.items() if before.get(p) != s}
        if moved:
            self._tables.write_patterns(tenant, moved, micros(utc_now()))
        known = self._catalogue.of(tenant)
        changes = changes_of(tenant, now, known, self._wording)
        changes += self._without_gain(tenant)
        if changes:
            self._publish(changes, now.attempts)
        self._assign(tenant, counts, now)

    def _note_left_out(self, tenant: str, counted: int) -> None:
        """Show how many beginnings are too rare to be clustered."""
        many = counted >= MOST_PATTERNS
        different = self._tables.different(tenant) if many else counted
        self._left_out[tenant] = max(different - MOST_PATTERNS, 0)
        metrics.LEFT_OUT.set(sum(self._left_out.values()))

    def _without_gain(self, tenant: str) -> list[StrategyChanged]:
        """Return the strategies that are retired, because to advise them does not help."""
        known = self._catalogue.of(tenant)
        if not known or self._clock() < self._reviewed.get(tenant, 0.0):
            return []
        self._reviewed[tenant] = self._clock() + REVIEWED_S
        return without_gain(known, effects(self._clickhouse, tenant))

    def _read_catalogue(self) -> None:
        if self._reader is None:
            self._reader = CatalogueReader(self._settings)
            self._catalogue.update(self._reader.read_to_end())
        self._catalogue.update(self._reader.read())

    def _publish(
        self, changes: list[StrategyChanged], attempts: Mapping[str, int]
    ) -> None:
        """Kafka comes last: what is published there is not published again."""
        self._tables.write_strategies(changes, attempts)
        for change in changes:
            self._publisher.queue(STRATEGIES, change, change.key)
        self._publisher.flush()
        self._catalogue.update(changes)

    def _assign(
        self, tenant: str, counts: Mapping[Pattern, Counter[str]], now: Found
    ) -> None:
        """Publish the strategy of each attempt that has another one."""
        wanted: dict[Used, str] = {}
        for pattern, by_strategy in counts.items():
            strategy = self._catalogue.current(tenant, now.strategies.get(pattern, ""))
            for other in by_strategy.keys() - {strategy}:
                wanted[pattern, other] = strategy
        # Together: a query for each pattern took seconds, and so the next pass waited.
        attempts = self._tables.unassigned(tenant, list(wanted), MOST_ASSIGNED)
        self._queue(tenant, attempts, wanted)
        if len(attempts) == MOST_ASSIGNED:
            self._due.append(tenant)

    def _queue(
        self, tenant: str, attempts: Sequence[Unassigned], wanted: Mapping[Used, str]
    ) -> None:
        for attempt in attempts:
            strategy = wanted[attempt.used]
            assigned = StrategyAssigned(
                event_id=assignment_id(attempt.attempt_id, strategy, attempt.version),
                tenant=tenant,
                attempt_id=attempt.attempt_id,
                strategy=strategy,
            )
            id_, partition = attempt.attempt_id, attempt.partition
            self._publisher.queue(EVENTS, assigned, id_, partition)
        if attempts:
            self._publisher.flush()
