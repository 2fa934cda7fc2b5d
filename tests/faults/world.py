"""What a fault can lay its hands on: servers, services, disks, clocks, connections."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from faults.processes import Platform, Service, customised
from faults.proxy import Proxy, Trouble
from support.small_disk import small_disk

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse

SERVICES = ("archive", "streams", "advisor", "trigger", "memory")

Disk = Literal["clickhouse", "models"]


@dataclass
class World:
    """A platform at work: its services run, and events flow."""

    platform: Platform
    services: dict[str, Service] = field(default_factory=dict)
    disks: Mapping[Disk, Path] = field(default_factory=dict)
    proxies: tuple[Proxy, ...] = ()

    def with_settings(self, **changes: object) -> "World":
        """Return the same world with other settings."""
        settings = self.platform.settings.model_copy(update=changes)
        return replace(self, platform=replace(self.platform, settings=settings))

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
def plain(world: World) -> Iterator[World]:
    yield world


@contextmanager
def with_clock(world: World) -> Iterator[World]:
    """Services whose clocks can be moved."""
    platform = world.platform
    added = customised("clock", FAULTS_CLOCK=str(_clock_file(platform)))
    environment = {**platform.environment, **added}
    yield replace(world, platform=replace(platform, environment=environment))


@contextmanager
def behind_proxies(world: World) -> Iterator[World]:
    """Services and SDK that reach both servers through proxies."""
    broker, settings = world.platform.kafka, world.platform.settings
    kafka, clickhouse = Proxy(broker.proxy_port), Proxy()
    port = int(settings.clickhouse.rpartition(":")[2])
    with kafka.to(broker.behind_port), clickhouse.to(port):
        moved = world.with_settings(
            kafka=f"127.0.0.1:{kafka.port}",
            clickhouse=f"http://127.0.0.1:{clickhouse.port}",
        )
        yield replace(moved, proxies=(kafka, clickhouse))


@contextmanager
def clickhouse_on_small_disk(world: World) -> Iterator[World]:
    """A ClickHouse of its own, on a disk of its own."""
    with (
        small_disk(world.platform.folder / "clickhouse-disk", 400) as disk,
        EmbeddedClickHouse(disk / "clickhouse", free_ports(1)[0]) as clickhouse,
    ):
        moved = world.with_settings(clickhouse=clickhouse.url)
        migrate(ClickHouse(moved.platform.settings))
        platform = replace(moved.platform, clickhouse=clickhouse)
        disks: dict[Disk, Path] = {**world.disks, "clickhouse": disk}
        yield replace(moved, platform=platform, disks=disks)


@contextmanager
def models_on_small_disk(world: World) -> Iterator[World]:
    """The model store on a disk of its own."""
    with small_disk(world.platform.folder / "models-disk", 64) as disk:
        disks: dict[Disk, Path] = {**world.disks, "models": disk}
        yield replace(world.with_settings(home=disk), disks=disks)


def _clock_file(platform: Platform) -> Path:
    return platform.folder / "clock"
