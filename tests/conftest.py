"""The embedded Kafka and ClickHouse, once a session; a tenant of its own for each test."""

import gc
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from confluent_kafka.admin import AdminClient
from faults.memory_clickhouse import MemoryClickHouse, Tables
from faults.trouble import Trouble
from support.advice.small_base import SmallBase
from support.tiers import leave_out_slow, longest_first, without_servers
from support.topics import delete_records
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

# Until all tests are collected: what is loaded then stays, and the collector would look at
# it again and again for a third of the time.
gc.disable()
# As in the advisor's process; and two workers with two threads each only wait for one
# another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A Kafka of a test lives too short for the compiler that makes long runs fast: with the
# quick one alone a start takes half the processor time.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
# xdist gives its workers 80 columns, which a console keeps from its import on.
os.environ.pop("COLUMNS", None)

# Servers and trainings of other tests share the cores: slowness is no finding.
hypothesis.settings.register_profile(
    "shared",
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ],
)
hypothesis.settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "leave out what is slow, and skip what needs servers"
    parser.addoption("--fast", action="store_true", help=about)


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> LoadFileScheduling:
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if config.getoption("fast"):
        leave_out_slow(config, items)
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items)


def pytest_collection_finish() -> None:
    """Let the collector pass over what is loaded and stays: seconds at each full turn."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def tier(request: pytest.FixtureRequest) -> Iterator[None]:
    """What holds for all tests of a run."""
    # Measured are the tests, and not the processes that they start and kill.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    with without_servers() if request.config.getoption("fast") else nullcontext():
        yield


@pytest.fixture(scope="session")
def not_fast(request: pytest.FixtureRequest) -> None:
    """For what starts servers where `tier` does not see it: in other processes."""
    if request.config.getoption("fast"):
        pytest.skip("needs servers")


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `servers`."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def servers(server_folder: Path) -> Iterator[Settings]:
    """Kafka with its topics and ClickHouse with its tables, for tests that stop neither."""
    broker, controller, http = free_ports(3)
    with (
        EmbeddedKafka(server_folder / "kafka", broker, controller) as kafka,
        EmbeddedClickHouse(server_folder / "clickhouse", http) as clickhouse,
    ):
        settings = Settings(kafka=kafka.bootstrap, clickhouse=clickhouse.url)
        create_topics(client_config(settings))
        migrate(ClickHouse(settings))
        yield settings


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    """A ClickHouse without pilotfish's tables, for the tests of one file."""
    folder = tmp_path_factory.mktemp("gateway")
    with EmbeddedClickHouse(folder, free_ports(1)[0]) as it:
        yield it


@pytest.fixture(scope="session")
def small_base(tmp_path_factory: pytest.TempPathFactory) -> SmallBase:
    """A base model of two layers; the first training makes its bundle."""
    from support.advice.tiny_models import save_tiny_model

    home = tmp_path_factory.mktemp("small-base")
    return SmallBase(save_tiny_model("bert", home / "bert"), home)


@pytest.fixture(scope="session")
def admin(servers: Settings) -> AdminClient:
    """Of the shared Kafka."""
    return AdminClient(client_config(servers))


@pytest.fixture
def settings(
    servers: Settings, admin: AdminClient, tmp_path: Path
) -> Iterator[Settings]:
    """The shared servers, with a tenant and a home that no other test has.

    What it published is deleted afterwards: services read a topic from its beginning.
    """
    changes = {"tenant": f"t-{new_id()}", "home": tmp_path}
    yield servers.model_copy(update=changes)
    delete_records(admin)


@pytest.fixture
def apart(settings: Settings) -> Settings:
    """The shared servers with an empty database that no other test writes to."""
    name = "d_" + settings.tenant.replace("-", "_")
    ClickHouse(settings).command(f"CREATE DATABASE {name}")
    alone = settings.model_copy(update={"clickhouse_database": name})
    migrate(ClickHouse(alone))
    return alone


@pytest.fixture(params=["real", "in memory"])
def clickhouse(request: pytest.FixtureRequest) -> Any:
    """ClickHouse and the model test's fake of it, which must answer alike."""
    if request.param == "real":
        return ClickHouse(request.getfixturevalue("settings"))
    return MemoryClickHouse(Tables(), Trouble())
