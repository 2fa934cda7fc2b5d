"""Everything on one machine: embedded servers, topics, tables, and the services."""

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final, TypeVar
from urllib.parse import urlsplit

from pilotfish._local.supervisor import Child, Say, Supervisor
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "archive": ("pilotfish.consumers", "archive"),
    "streams": ("pilotfish.streams",),
    "advisor": ("pilotfish.consumers", "advisor"),
    "trigger": ("pilotfish.consumers", "trigger"),
    "memory": ("pilotfish.consumers", "memory"),
}
"""Service -> module and arguments, as `python -m` takes them."""

_LOOPBACK: Final = ("127.0.0.1", "localhost")

T = TypeVar("T")


@contextmanager
def running_platform(settings: Settings, say: Say) -> Iterator[Supervisor]:
    """Run the platform until the block is left; then no process stays behind.

    Raises:
        RequirementError: a port is in use, or a server did not start.
        ConfigurationError: the settings point to servers that are not ours to start.
    """
    from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
    from pilotfish.infra.embedded.kafka import EmbeddedKafka
    from pilotfish.infra.embedded.ports import require_free
    from pilotfish.trainers.base import ensure_base

    broker = _own_port("PILOTFISH_KAFKA", f"//{settings.kafka}")
    http = _own_port("PILOTFISH_CLICKHOUSE", settings.clickhouse)
    metrics = metrics_ports(settings)
    wanted = [(broker, "Kafka"), (broker + 1, "Kafka"), (http, "ClickHouse")]
    wanted += [(port, f"{name}'s metrics") for name, port in metrics.items()]
    for port, whose in wanted:
        require_free(port, whose)
    with ExitStack() as running:
        say("starting Kafka and ClickHouse")
        kafka = EmbeddedKafka(settings.home / "kafka", broker, say=say)
        enter_whole(running, kafka)
        enter_whole(running, EmbeddedClickHouse(settings.home / "clickhouse", http))
        prepare(settings)
        ensure_base(settings, report=say)
        say("starting " + ", ".join(SERVICES))
        yield enter_whole(running, Supervisor(_children(settings), say))


def enter_whole(running: ExitStack, server: AbstractContextManager[T]) -> T:
    """Enter `server`, to be left with `running`, also where a signal ends its start.

    In a thread, which comes to its end: what the signal raises in this one would lose a
    process that is just starting. Leaving one that did not start must do nothing.
    """
    running.push(server)
    with ThreadPoolExecutor(1) as starting:
        return starting.submit(server.__enter__).result()


def prepare(settings: Settings, replication: int = 1) -> list[str]:
    """Create the topics and tables that are missing; return the DDL files applied.

    Tables get the retention that the settings say.

    Raises:
        UnavailableError: Kafka or ClickHouse does not answer.
        ConfigurationError: what is there contradicts what is needed, or the retention
            is none.
    """
    from pilotfish.infra.provision.migrations import migrate
    from pilotfish.infra.provision.retention import apply_retention, parsed
    from pilotfish.infra.provision.topics import create_topics
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.kafka import client_config

    parsed(settings.retention)  # before anything is made
    create_topics(client_config(settings), replication)
    clickhouse = ClickHouse(settings)
    try:
        applied = migrate(clickhouse)
        apply_retention(clickhouse, settings.retention)
        return applied
    finally:
        clickhouse.close()


def metrics_ports(settings: Settings) -> dict[str, int]:
    """Return each service's port of metrics: the one set, and the next; empty if none."""
    if settings.metrics_port is None:
        return {}
    return {name: settings.metrics_port + n for n, name in enumerate(SERVICES)}


def _own_port(variable: str, address: str) -> int:
    place = urlsplit(address)
    if place.hostname not in _LOOPBACK or place.port is None:
        raise ConfigurationError(
            f"{variable} points to {place.netloc}: servers elsewhere are not started "
            "here; run the services with `python -m`, as the README says"
        )
    return place.port


def _children(settings: Settings) -> dict[str, Child]:
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    ports = metrics_ports(settings)
    own = {
        name: settings.model_copy(update={"metrics_port": ports.get(name)})
        for name in SERVICES
    }
    return {
        name: Child(
            [sys.executable, "-m", *module],
            own[name].environment(),
            logs / f"{name}.log",
        )
        for name, module in SERVICES.items()
    }
