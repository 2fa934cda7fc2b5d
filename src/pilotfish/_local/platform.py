"""The whole platform on one machine: embedded servers, topics, tables, services."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

from pilotfish._local.home_lock import HomeLock
from pilotfish._local.supervisor import Child, Report, Supervisor
from pilotfish.infra.embedded.guardian import Guardian
from pilotfish.runtime.folders import writes_in
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "archive": ("pilotfish.consumers", "archive"),
    "streams": ("pilotfish.streams",),
    "advisor": ("pilotfish.consumers", "advisor"),
    "trigger": ("pilotfish.consumers", "trigger"),
    "memory": ("pilotfish.consumers", "memory"),
    "traces": ("pilotfish.consumers", "traces"),
    "web": ("pilotfish.web",),
}
"""By service, the arguments of `python -m`."""
LABEL_EXPORT: Final[Mapping[str, tuple[str, ...]]] = {
    "label_export": ("pilotfish.consumers", "label_export")
}
"""Runs beside them where LABELS_GO_TO is set."""
LABELS_GO_TO: Final = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
"""Not OTEL_EXPORTER_OTLP_ENDPOINT, where agents' traces go: that is often pilotfish itself."""

OWN_HOSTS: Final = ("127.0.0.1", "localhost")
"""Where `pilotfish up` listens, as addresses name it."""

_SERVERS_STOP_S: Final = 5.0
_ANSWER_S: Final = 20.0


@contextmanager
def running_platform(
    settings: Settings, lock: HomeLock, report: Report
) -> Iterator[Supervisor]:
    """Run the platform until the block is left; then all its processes have ended.

    If this process is killed instead, they end within seconds. KeyboardInterrupt may
    end the start at any moment. `lock` is held on the settings' home.

    Raises:
        RequirementError: a port is in use, or a server did not start.
        ConfigurationError: the settings point to servers on other machines, the HTTP
            door would be open to them, or something in the home cannot be written.
    """
    from pilotfish.infra.embedded.class_archive import ensure_class_archive
    from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
    from pilotfish.infra.embedded.kafka import EmbeddedKafka
    from pilotfish.trainers.base import ensure_base
    from pilotfish.trainers.training_packages import trainings_off
    from pilotfish.web.tenants import Tenants

    broker = _own_port("PILOTFISH_KAFKA", f"//{settings.kafka}", "")
    http = _own_port("PILOTFISH_CLICKHOUSE", settings.clickhouse, "http://")
    Tenants.of(settings)  # refuses wrong tokens before anything starts
    _require_free_ports(settings, broker, http)
    with ExitStack() as running:
        with writes_in(settings.home):
            guardian = running.enter_context(Guardian([lock.descriptor]))
            ensure_class_archive(report)
            report("starting Kafka and ClickHouse")
            servers = {
                "Kafka": EmbeddedKafka(settings.home / "kafka", broker, say=report),
                "ClickHouse": EmbeddedClickHouse(settings.home / "clickhouse", http),
            }
            supervised = Supervisor(servers, guardian, report, _SERVERS_STOP_S)
            running.enter_context(supervised)
            prepare(settings)
            ensure_base(settings, report=report)
            report("starting " + ", ".join(services_here()))
            off = trainings_off()
            if off:
                report(f"trainings are off: {off}")
            services = Supervisor(_children(settings), guardian, report)
            running.enter_context(services)
        yield services


def prepare(settings: Settings, replication: int = 1) -> list[str]:
    """Create the topics and tables that are missing; return the applied DDL files.

    Tables get the retention of the settings.

    Raises:
        UnavailableError: Kafka or ClickHouse does not answer.
        ConfigurationError: existing topics or tables do not fit, or the retention is
            invalid.
    """
    from pilotfish.infra.provision.migrations import migrate
    from pilotfish.infra.provision.retention import apply_retention, parsed
    from pilotfish.infra.provision.topics import create_topics
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.kafka import client_config, topics

    parsed(settings.retention)  # refuses a wrong value before anything is created
    topics(settings, _ANSWER_S)
    create_topics(client_config(settings), replication)
    clickhouse = ClickHouse(settings)
    try:
        applied = migrate(clickhouse)
        apply_retention(clickhouse, settings.retention)
        return applied
    finally:
        clickhouse.close()


def services_here() -> Mapping[str, tuple[str, ...]]:
    """Return the services that `pilotfish up` runs in this environment, as SERVICES has them."""
    return {**SERVICES, **LABEL_EXPORT} if os.environ.get(LABELS_GO_TO) else SERVICES


def metrics_ports(settings: Settings) -> dict[str, int]:
    """Return the metrics port of each service, from the configured one on; empty if off."""
    if settings.metrics_port is None:
        return {}
    return {name: settings.metrics_port + i for i, name in enumerate(services_here())}


def _own_port(variable: str, address: str, scheme: str) -> int:
    url = urlsplit(address)
    with suppress(ValueError):  # several addresses, or a port that is none
        ours = url.hostname in OWN_HOSTS and url.scheme == scheme.removesuffix("://")
        if ours and url.port is not None:
            return url.port
    raise ConfigurationError(
        f"{variable} points to {address.removeprefix('//')}: `pilotfish up` starts "
        f"servers on this machine only, at {scheme}127.0.0.1:PORT; run the services "
        "with `python -m`, as docs/operations.md says"
    )


def _require_free_ports(settings: Settings, broker: int, http: int) -> None:
    from pilotfish.infra.embedded.ports import require_free

    ports = [(broker, "Kafka"), (broker + 1, "Kafka"), (http, "ClickHouse")]
    ports.append((settings.http_port, "HTTP (PILOTFISH_HTTP_PORT)"))
    metrics = metrics_ports(settings).items()
    ports += [(port, f"{name}'s metrics") for name, port in metrics]
    purposes: dict[int, str] = {}
    for port, purpose in ports:
        if port in purposes:
            raise ConfigurationError(
                f"port {port} is set for {purposes[port]} and for {purpose}: set another "
                "one for one of them"
            )
        require_free(port, purpose)
        purposes[port] = purpose


def _children(settings: Settings) -> dict[str, Child]:
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    ports = metrics_ports(settings)
    services = services_here()
    own = {
        name: settings.model_copy(update={"metrics_port": ports.get(name)})
        for name in services
    }
    return {
        name: Child(
            [sys.executable, "-m", *module],
            own[name].environment(),
            logs / f"{name}.log",
        )
        for name, module in services.items()
    }
