"""Answers of ClickHouse that a test scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pilotfish.schemas.events import HintMark
from pilotfish.schemas.remembered import Remembered, check
from pilotfish.web.console.reading import Rows
from pilotfish.web.knowledge import Play


class NoRows:
    """Tables of the console in which nothing is found."""

    async def read(
        self, statements: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> dict[str, Rows]:
        return {name: [] for name in statements}


@dataclass
class ScriptedKnowledge:
    """Knows what a test says, by tenant."""

    names: dict[str, list[str]] = field(default_factory=dict)
    attempts: dict[str, list[Remembered]] = field(default_factory=dict)
    plays: dict[str, list[Play]] = field(default_factory=dict)
    hints: dict[tuple[str, str], HintMark] = field(default_factory=dict)
    started: set[tuple[str, str]] = field(default_factory=set)

    async def approaches(self, tenant: str) -> list[str]:
        return self.names.get(tenant, [])

    async def similar(self, tenant: str, text: str, k: int) -> list[Remembered]:
        check(text, k)
        return self.attempts.get(tenant, [])[:k]

    async def group_of(self, tenant: str, problem: str) -> str:
        plays = self.plays.get(tenant, [])
        return plays[0].group if problem and plays else ""

    async def groups(self, tenant: str) -> list[str]:
        return sorted({play.group for play in self.plays.get(tenant, [])})

    async def playbook(self, tenant: str, group: str) -> list[Play]:
        return [play for play in self.plays.get(tenant, []) if play.group == group]

    async def hint_of(self, tenant: str, attempt_id: str) -> HintMark | None:
        return self.hints.get((tenant, attempt_id))

    async def has_attempt(self, tenant: str, attempt_id: str) -> bool:
        return (tenant, attempt_id) in self.started
