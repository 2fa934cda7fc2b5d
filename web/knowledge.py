"""What the tables know of a tenant: approaches, similar attempts, playbooks, hints."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, Protocol, TypeVar

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import MAX_APPROACHES
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.remembered import Remembered

Answer = TypeVar("Answer")

_NEAREST: Final = 10
"""Attempts among which the group of a problem is looked for."""

_APPROACHES: Final = """
SELECT approach FROM attempts_current
WHERE tenant = {tenant:String} AND approach != ''
GROUP BY approach ORDER BY count() DESC, approach LIMIT {most:UInt32}
"""
_GROUP_OF: Final = """
SELECT group_id FROM grouped_attempts
WHERE tenant = {tenant:String} AND group_id != '' AND attempt_id IN {ids:Array(String)}
ORDER BY indexOf({ids:Array(String)}, attempt_id) LIMIT 1
"""
_PLAYBOOK: Final = """
SELECT group_name, approach, attempts, p_success, low, high, cost, actions, failures
FROM playbook_current
WHERE tenant = {tenant:String} AND {group:String} IN (group_id, group_name)
ORDER BY p_success DESC, approach
"""
_GROUPS: Final = """
SELECT DISTINCT group_name FROM playbook_current WHERE tenant = {tenant:String}
ORDER BY group_name LIMIT 100
"""
_HINT: Final = """
SELECT request_id, nullIf(approach, ''), advisor_version, holdout,
    arrayFirst(c -> c.approach = approach, candidates).propensity
FROM hints FINAL
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
    AND NOT endsWith(request_id, ':next')
ORDER BY at DESC LIMIT 1
"""
_STARTED: Final = """
SELECT count() FROM attempts
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""


@dataclass(frozen=True, slots=True)
class Play:
    """What is known of an approach on a group of problems.

    `p_success` is between `low` and `high` with 95 %. `actions` is what most successes
    did, in order, and `failures` what most sets failures apart.
    """

    group: str
    approach: str
    attempts: int
    p_success: float
    low: float
    high: float
    cost: float
    actions: list[str]
    failures: str


class Knowledge(Protocol):
    """Answers questions about a tenant's attempts.

    All methods raise UnavailableError where ClickHouse does not answer.
    """

    async def approaches(self, tenant: str) -> list[str]:
        """Return the names of approaches in the tenant's attempts, the most used first."""
        ...

    async def similar(self, tenant: str, text: str, k: int) -> list[Remembered]:
        """Return attempts at similar problems, the most similar first.

        Raises:
            ConfigurationError: `text` is empty, or `k` is not within 1 to 100.
            UnavailableError: the model store has no base advisor, too.
        """
        ...

    async def group_of(self, tenant: str, problem: str) -> str:
        """Return the id of the group of the most similar problem; empty if there is none."""
        ...

    async def groups(self, tenant: str) -> list[str]:
        """Return the names of the groups that have a playbook."""
        ...

    async def playbook(self, tenant: str, group: str) -> list[Play]:
        """Return what works on a group, given by its id or name; empty if none is known."""
        ...

    async def hint_of(self, tenant: str, attempt_id: str) -> HintMark | None:
        """Return what an attempt was advised, if anything."""
        ...

    async def has_attempt(self, tenant: str, attempt_id: str) -> bool:
        """Return whether the tenant has this attempt."""
        ...


class ClickHouseKnowledge:
    """Asks one question at a time, in a thread of its own; connects on first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, "pilotfish-knowledge")

    async def approaches(self, tenant: str) -> list[str]:
        rows = await self._query(_APPROACHES, tenant=tenant, most=MAX_APPROACHES)
        return [name for (name,) in rows]

    async def similar(self, tenant: str, text: str, k: int) -> list[Remembered]:
        return await self._ask(lambda: self._search(tenant, text, k))

    async def group_of(self, tenant: str, problem: str) -> str:
        similar = await self.similar(tenant, problem, _NEAREST)
        ids = [attempt.attempt_id for attempt in similar]
        rows = await self._query(_GROUP_OF, tenant=tenant, ids=ids) if ids else []
        return str(rows[0][0]) if rows else ""

    async def groups(self, tenant: str) -> list[str]:
        return [name for (name,) in await self._query(_GROUPS, tenant=tenant)]

    async def playbook(self, tenant: str, group: str) -> list[Play]:
        rows = await self._query(_PLAYBOOK, tenant=tenant, group=group)
        return [Play(*row) for row in rows]

    async def hint_of(self, tenant: str, attempt_id: str) -> HintMark | None:
        rows = await self._query(_HINT, tenant=tenant, attempt=attempt_id)
        for request_id, approach, version, holdout, propensity in rows:
            return HintMark(
                request_id=request_id,
                approach=approach,
                propensity=propensity or None if approach else None,
                advisor_version=version,
                holdout=holdout,
            )
        return None

    async def has_attempt(self, tenant: str, attempt_id: str) -> bool:
        [(count,)] = await self._query(_STARTED, tenant=tenant, attempt=attempt_id)
        return bool(count)

    def close(self) -> None:
        """Ask nothing any more; does not wait for an answer."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _query(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return await self._ask(partial(self._clickhouse.query, sql, parameters))

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, question)

    @cached_property
    def _clickhouse(self) -> ClickHouse:
        return ClickHouse(self._settings)

    @cached_property
    def _search(self) -> Callable[[str, str, int], list[Remembered]]:
        # Imported on first use: the encoder's runtime takes a second and 100 MB.
        from pilotfish.consumers.memory.search import opened

        return opened(self._settings)
