"""When a tenant's next training is due: pure decisions over counts and outcomes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pilotfish.consumers.trigger.training_process import Outcome

TRIES: Final = 3
"""Trainings on the same labels before giving up; a crash may be transient."""

_COUNT_AGAIN_AFTER: Final = timedelta(minutes=1)
"""A label is published before it is stored: a count in between may have missed it."""
_BUSY_FOR: Final = timedelta(seconds=15)
_FAILED_FOR: Final = timedelta(seconds=10)
_SOON_S: Final = 60.0
"""Several times what a training takes to load, so that a busy machine is in time, too."""
_PACE_OVER_S: Final = 10.0
"""Counts that follow on each other sooner tell no pace."""


@dataclass(slots=True)
class _Tenant:
    count: int = 0
    awaited: int = 0
    """Labels that must still arrive before a new count can reach the threshold."""
    counted_at: datetime | None = None
    pace: float = 0.0
    """New labels a second, between the last two counts."""
    threshold: int = 0
    failures: int = 0
    not_before: datetime | None = None


class Schedule:
    """Which tenants to count, and which to train.

    ClickHouse holds the counts; the state here may be lost: after a restart every
    tenant is counted again, and a failing training gets its tries again.

    A training that fails is tried three times, 10 and 20 s apart; then it waits for
    `train_at` further labels, as it does at once where the install cannot train. If another training of the tenant runs, the next try is
    15 s later.
    """

    def __init__(self, train_at: int, clock: Callable[[], datetime]) -> None:
        self._train_at = train_at
        self._clock = clock
        self._tenants: dict[str, _Tenant] = {}

    def labelled(self, tenant: str) -> None:
        """Note a label, which raises the count by at most one."""
        self._of(tenant).awaited -= 1

    def to_count(self) -> list[str]:
        """Return the tenants whose count may have reached their threshold."""
        before = self._clock() - _COUNT_AGAIN_AFTER
        return [
            name
            for name, tenant in self._tenants.items()
            if tenant.awaited <= 0
            or (tenant.counted_at is not None and tenant.counted_at <= before)
        ]

    def counted(self, tenant: str, count: int) -> bool:
        """Record the count of a tenant's new labels; return whether it changed."""
        state, now = self._of(tenant), self._clock()
        if state.counted_at is not None:
            elapsed_s = (now - state.counted_at).total_seconds()
            if elapsed_s >= _PACE_OVER_S:
                state.pace = (count - state.count) / elapsed_s
        changed = state.count != count
        state.count = count
        state.awaited = max(0, state.threshold - count)
        state.counted_at = now
        return changed

    def soon(self) -> bool:
        """Whether a training will be due within a minute, if labels go on as they came."""
        return any(
            tenant.pace > 0 and tenant.awaited <= tenant.pace * _SOON_S
            for tenant in self._tenants.values()
        )

    def due(self) -> str | None:
        """Return the tenant to train now: of those due, the one with most new labels."""
        now = self._clock()
        ready = [
            (state.count, name)
            for name, state in self._tenants.items()
            if state.count >= state.threshold
            and (state.not_before is None or state.not_before <= now)
        ]
        return max(ready)[1] if ready else None

    def ended(self, tenant: str, outcome: Outcome) -> None:
        """Record how a training ended; the tenant is counted again."""
        state = self._of(tenant)
        now = self._clock()
        if outcome == "done":
            self._tenants[tenant] = _Tenant(threshold=self._train_at)
        elif outcome == "busy":
            state.not_before = now + _BUSY_FOR
        elif outcome == "unequipped":
            state.threshold = state.count + self._train_at
        else:
            self._failed(state, now)
        self._of(tenant).awaited = 0

    def _failed(self, state: _Tenant, now: datetime) -> None:
        state.failures += 1
        if state.failures < TRIES:
            state.not_before = now + _FAILED_FOR * 2 ** (state.failures - 1)
        else:
            state.failures = 0
            state.threshold = state.count + self._train_at

    def _of(self, tenant: str) -> _Tenant:
        unseen = _Tenant(threshold=self._train_at)
        return self._tenants.setdefault(tenant, unseen)
