"""The strategies of all tenants as they stand."""

from collections.abc import Iterable
from contextlib import closing

from pilotfish.runtime import compacted
from pilotfish.runtime.compacted import CompactedReader, ignore
from pilotfish.runtime.decoding import SetAside
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.strategies import StrategyChanged
from pilotfish.schemas.topics import STRATEGIES


class Catalogue:
    """The newest message about each strategy, by tenant and id."""

    def __init__(self, changes: Iterable[StrategyChanged] = ()) -> None:
        self._of: dict[str, dict[str, StrategyChanged]] = {}
        self.update(changes)

    def update(self, changes: Iterable[StrategyChanged]) -> None:
        """Take in messages in the order of the topic."""
        for change in changes:
            self._of.setdefault(change.tenant, {})[change.strategy_id] = change

    def of(self, tenant: str) -> dict[str, StrategyChanged]:
        """Return all strategies of a tenant by id, whatever their standing."""
        return self._of.get(tenant, {})

    def current(self, tenant: str, strategy_id: str) -> str:
        """Return the strategy that has taken this one's place, or itself."""
        seen: set[str] = set()
        while strategy_id not in seen:
            seen.add(strategy_id)
            change = self.of(tenant).get(strategy_id)
            if change is not None and change.standing == "merged":
                strategy_id = change.merged_into
        return strategy_id

    def offered(self, tenant: str) -> dict[str, StrategyChanged]:
        """Return the strategies that advice may name, by id."""
        return {
            id_: strategy
            for id_, strategy in self.of(tenant).items()
            if strategy.standing == "offered"
        }


class CatalogueReader(CompactedReader[StrategyChanged]):
    """Reads how strategies stand from the topic's beginning.

    Args:
        settings: which Kafka.
        set_aside: takes the records that are no such messages.
    """

    def __init__(self, settings: Settings, set_aside: SetAside = ignore) -> None:
        super().__init__(settings, STRATEGIES, lambda change: change.key, set_aside)


def catalogue(settings: Settings) -> Catalogue:
    """Return how all strategies stand now.

    Raises:
        UnavailableError: Kafka does not answer within ten seconds.
    """
    with closing(CatalogueReader(settings)) as reader:
        return Catalogue(reader.read_to_end())


def announce(settings: Settings, change: StrategyChanged) -> None:
    """Publish how a strategy stands and wait until Kafka has it; raises as `catalogue`."""
    compacted.announce(settings, STRATEGIES, change.key, change)
