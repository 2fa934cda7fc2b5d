"""How the suite is dealt to workers, and what `--fast` leaves out.

Each worker of pytest-xdist is a session of its own, so that it has an embedded Kafka
and a ClickHouse of its own: tests of two workers never meet in a topic. A file stays with
one worker; what takes longest begins first.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka

_SLOW_S = 12.0
"""What a slow test takes where its mark does not say."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort files by what they take, so that none begins when the others are done."""
    took: Counter[Path] = Counter()
    for item in items:
        took[item.path] += _milliseconds(item)
    items.sort(key=lambda item: (-took[item.path], item.path))


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
