"""What a fault can lay its hands on: servers, services, disks, clocks, connections."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from faults.processes import Platform, Service
from faults.proxy import Proxy, Trouble
from ports import free_ports
from small_disk import small_disk

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse

SERVICES = ("archive", "streams", "advisor", "trigger", "memory")


@dataclass
class World:
    """A platform at work: its services run, and events flow."""

    platform: Platform
    services: dict[str, Service]
    disk: Path | None = None
    proxies: tuple[Proxy, ...] = ()

    def another(self, name: str) -> Service:
        """A second worker of a service; not started yet."""
        folder = self.platform.folder / f"second-{time.monotonic_ns()}"
        folder.mkdir()
        platform = self.platform
        made = Service(name, platform.settings, folder, platform.environment)
        self.services[f"{name}-{folder.name}"] = made
        return made

    def clock(self, seconds_off: float) -> None:
        """Set by how much the clocks of the services are off."""
        place = _clock_file(self.platform)
        part = place.with_suffix(".part")
        part.write_text(str(seconds_off))
        part.replace(place)

    def connections(self, trouble: Trouble) -> None:
        for proxy in self.proxies:
            proxy.trouble = trouble


@contextmanager
def plain(platform: Platform) -> Iterator[World]:
    yield World(platform, {})


@contextmanager
def with_clock(platform: Platform) -> Iterator[World]:
    """Services whose clocks can be moved."""
    path = str(Path(__file__).parent / "clock")
    added = {"PYTHONPATH": path, "FAULTS_CLOCK": str(_clock_file(platform))}
    yield World(replace(platform, environment=added), {})


@contextmanager
def behind_proxies(platform: Platform) -> Iterator[World]:
    """Services and SDK that reach both servers through proxies."""
    kafka = Proxy(platform.kafka.proxy_port)
    clickhouse = Proxy()
    changes = {
        "kafka": f"127.0.0.1:{kafka.port}",
        "clickhouse": f"http://127.0.0.1:{clickhouse.port}",
    }
    settings = platform.settings.model_copy(update=changes)
    port = int(platform.settings.clickhouse.rpartition(":")[2])
    with kafka.to(platform.kafka.behind_port), clickhouse.to(port):
        moved = replace(platform, settings=settings)
        yield World(moved, {}, proxies=(kafka, clickhouse))


@contextmanager
def clickhouse_on_small_disk(platform: Platform) -> Iterator[World]:
    """A ClickHouse of its own, on a disk of its own."""
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(platform.folder / "disk", 400))
        made = EmbeddedClickHouse(disk / "clickhouse", free_ports(1)[0])
        stack.enter_context(made)
        changes = {"clickhouse": made.url}
        settings = platform.settings.model_copy(update=changes)
        migrate(ClickHouse(settings))
        yield World(replace(platform, clickhouse=made, settings=settings), {}, disk)


@contextmanager
def models_on_small_disk(platform: Platform) -> Iterator[World]:
    """The model store on a disk of its own."""
    with small_disk(platform.folder / "disk", 64) as disk:
        settings = platform.settings.model_copy(update={"home": disk})
        yield World(replace(platform, settings=settings), {}, disk)


def _clock_file(platform: Platform) -> Path:
    return platform.folder / "clock"
