"""How the suite is dealt to workers, and what `--fast` leaves out.

Each worker of pytest-xdist is a session of its own, so that it has an embedded Kafka
and a ClickHouse of its own: tests of two workers never meet in a topic. What shares an
expensive fixture stays with one worker; what takes longest begins first.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from xdist.scheduler import LoadScopeScheduling

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka

_TOGETHER = {"tests/local/test_metrics.py", "tests/local/test_platform.py"}
"""Files whose tests share a running `pilotfish up`."""

_SLOW_S = 12.0
"""What a slow test takes where its mark does not say."""


class ByScope(LoadScopeScheduling):
    """Deals scopes in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """Return what one worker runs: a file, or those that share a platform."""
    path = nodeid.partition("::")[0]
    return "up" if path in _TOGETHER else path


def longest_first(items: list[pytest.Item]) -> None:
    """Sort scopes by what they take, so that none begins when the others are done."""
    seconds: Counter[str] = Counter()
    for item in items:
        seconds[scope(item.nodeid)] += _milliseconds(item)
    items.sort(key=lambda item: (-seconds[scope(item.nodeid)], scope(item.nodeid)))


def _milliseconds(item: pytest.Item) -> int:
    mark = item.get_closest_marker("slow")
    seconds = (mark.args[0] if mark.args else _SLOW_S) if mark else 0.2
    return round(seconds * 1000)


def leave_out_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@contextmanager
def without_servers() -> Iterator[None]:
    """Skip, until the block is left, whatever would start a server."""

    def skip(_: object) -> None:
        pytest.skip("needs servers")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedKafka, "start", skip)
        patch.setattr(EmbeddedClickHouse, "start", skip)
        yield
