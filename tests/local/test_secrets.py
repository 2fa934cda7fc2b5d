"""Passwords, right and wrong, never appear in output, logs, command lines, topics, tables,
or the folders of Kafka and ClickHouse.

Each search must be able to fail: every searched place contains the tenant's name, too.
"""

import asyncio
import base64
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from faults.processes import COMMANDS, running
from faults.replay import replay
from pydantic import SecretStr
from support.polling import eventually
from support.secured_kafka import PASSWORD, SecuredKafka

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.acl import grant
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.roles import Role
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import StorageError
from pilotfish.schemas.topics import TOPICS
from pilotfish.web.console.reading import ClickHouseReading

pytestmark = pytest.mark.slow

TENANT = "tenant-that-is-found"
CLICKHOUSE, READER = "cl1ckhouse-of-the-test", "re4der-of-the-test"
HTTP = "http-t0ken-of-the-test"
WRONG_KAFKA, WRONG_CLICKHOUSE = "wr0ng-kafka-of-the-test", "wr0ng-click-of-the-test"
SECRETS = (PASSWORD, CLICKHOUSE, READER, HTTP, WRONG_KAFKA, WRONG_CLICKHOUSE)
COMMAND_LINES = (
    ["doctor"],
    ["doctor", "--json"],
    ["status", "--json"],
    ["sql", "SELECT * FROM nowhere"],
    ["prepare", "--within", "0"],
    ["dead", "list"],
    ["advisors", "list"],
    ["grant", "agent", "somebody"],
)
AGENT = """
import logging, warnings, pilotfish
logging.basicConfig(level=logging.DEBUG)
warnings.simplefilter("always")
with pilotfish.connect() as pilot:
    print(pilot)
    with pilot.attempt("how many?", approach="plan") as attempt:
        print(attempt.advice({"plan": "", "react": ""}))
    pilot.flush(5)
    print(pilot.stats())
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """Both servers with passwords, in one folder, and the settings of a service."""

    kafka: SecuredKafka
    clickhouse: EmbeddedClickHouse
    settings: Settings
    folder: Path


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("secrets")
    *ports, http, door = free_ports(5)
    kafka = SecuredKafka(folder / "kafka", ports)
    clickhouse = EmbeddedClickHouse(folder / "clickhouse", http)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", CLICKHOUSE)
        patch.setenv("PILOTFISH_CLICKHOUSE_READONLY_PASSWORD", READER)
        clickhouse.start()
    try:
        with kafka:
            create_topics(kafka.root)
            kafka.add_user("a-service")
            grant(kafka.root, Role.SERVICE, "a-service")
            changes = {
                "tenant": TENANT,
                "home": folder / "home",
                "clickhouse": clickhouse.url,
                "clickhouse_password": SecretStr(CLICKHOUSE),
                "clickhouse_readonly_password": SecretStr(READER),
                "http_port": door,
                "http_token": SecretStr(HTTP),
            }
            settings = kafka.settings("a-service").model_copy(update=changes)
            migrate(ClickHouse(settings))
            replay(Settings(kafka=kafka.bootstrap, tenant=TENANT), 20)
            yield Servers(kafka, clickhouse, settings, folder)
    finally:
        clickhouse.stop()


def shown(text: bytes) -> list[str]:
    """Return the passwords in a text, including their HTTP encodings."""
    return [secret for secret in SECRETS if any(form in text for form in forms(secret))]


def forms(secret: str) -> list[bytes]:
    basic = base64.b64encode(f"default:{secret}".encode())
    return [secret.encode(), basic, base64.b64encode(secret.encode())]


def wrong(settings: Settings, server: str) -> Settings:
    password = {"kafka": WRONG_KAFKA, "clickhouse": WRONG_CLICKHOUSE}[server]
    return settings.model_copy(update={f"{server}_password": SecretStr(password)})


def run(settings: Settings, *command: str) -> bytes:
    """Return the output of a program, whether or not it succeeds."""
    finished = subprocess.run(
        [sys.executable, *command],
        env=settings.environment(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    return finished.stdout + finished.stderr


def everywhere(settings: Settings) -> dict[str, Settings]:
    return {
        "right": settings,
        "kafka": wrong(settings, "kafka"),
        "clickhouse": wrong(settings, "clickhouse"),
    }


def run_everywhere(settings: Settings, *words: str) -> dict[str, bytes]:
    """Return the output of a command with the right passwords, and with each wrong one."""
    variants = everywhere(settings)
    with ThreadPoolExecutor(len(variants)) as pool:
        outputs = pool.map(
            lambda s: run(s, "-m", "pilotfish", *words), variants.values()
        )
        return dict(zip(variants, outputs, strict=True))


@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_the_command_line_shows_no_password(servers: Servers, words: list[str]) -> None:
    for output in run_everywhere(servers.settings, *words).values():
        assert output
        assert shown(output) == []


def test_the_doctor_reports_the_problem_without_the_password(servers: Servers) -> None:
    output = run_everywhere(servers.settings, "doctor", "--json")
    assert b"invalid credentials" in output["kafka"]
    assert b"PILOTFISH_CLICKHOUSE_PASSWORD" in output["clickhouse"]
    assert b"invalid credentials" not in output["right"] + output["clickhouse"]


@pytest.mark.parametrize("variant", ["right", "kafka"])
def test_an_agent_s_log_shows_no_password(servers: Servers, variant: str) -> None:
    output = run(everywhere(servers.settings)[variant], "-c", AGENT)
    assert b"Stats(" in output
    assert shown(output) == []


@pytest.mark.parametrize("variant", ["kafka", "clickhouse"])
def test_services_that_are_refused_show_no_password(
    servers: Servers, tmp_path: Path, variant: str
) -> None:
    refused = b"invalid credentials" if variant == "kafka" else b"AUTHENTICATION_FAILED"
    # The trainer needs only ClickHouse; these ask it for nothing at their start.
    others = ("advisor", "traces", "label_export", "web")
    at_first = [(name, "clickhouse") for name in others]
    served = {("trainer", "kafka"), *at_first}
    with running(wrong(servers.settings, variant), tmp_path, *COMMANDS) as services:
        for name, service in services.items():
            expected = b"\n" if (name, variant) in served else refused
            eventually(lambda log=service.log, text=expected: text in log.read_bytes())
    for service in services.values():
        assert shown(service.log.read_bytes()) == []


def test_running_services_show_no_password_anywhere(servers: Servers) -> None:
    names = ("archive", "advisor", "trigger", "memory", "streams", "web")
    clickhouse = ClickHouse(servers.settings)
    with running(servers.settings, servers.folder, *names) as services:
        labelled = "SELECT count() >= 20 FROM attempts_current WHERE version > 0"
        eventually(lambda: clickhouse.query(labelled), [(1,)])
        lines = command_lines([service.pid for service in services.values()])
        lines += command_lines([servers.kafka.pid, servers.clickhouse.pid])
        assert b"pilotfish.infra.embedded.clickhouse.gateway" in lines
        assert shown(lines) == []
    for place, content in {**tables(clickhouse), **topics(servers.kafka)}.items():
        assert shown(content) == [], place
    assert shown_in_files(servers.folder) == ""


def command_lines(pids: list[int]) -> bytes:
    """Return the command lines of processes and their children."""
    families = [
        (process, *process.children(recursive=True))
        for process in map(psutil.Process, pids)
    ]
    return b"\n".join(
        Path(f"/proc/{process.pid}/cmdline").read_bytes()
        for family in families
        for process in family
    )


def tables(clickhouse: ClickHouse) -> Mapping[str, bytes]:
    """Return the content of all tables, including those of the system."""
    names = clickhouse.query(
        "SELECT database, name FROM system.tables WHERE database IN ('default', 'system')"
    )
    contents = {}
    for database, name in names:
        rows = f"SELECT * FROM `{database}`.`{name}` LIMIT 100000"
        # Some tables need a server that is not there, such as ZooKeeper.
        with suppress(StorageError):
            contents[f"{database}.{name}"] = repr(clickhouse.query(rows)).encode()
    assert TENANT.encode() in contents["default.events"]
    assert b"system" in contents["system.processes"]
    return contents


def topics(kafka: SecuredKafka) -> Mapping[str, bytes]:
    """Return all records of all topics of pilotfish."""
    contents = {}
    for topic in TOPICS:
        reader = consumer(
            Settings(kafka=kafka.bootstrap), "search", **{"enable.partition.eof": True}
        )
        places = range(topic.partitions)
        reader.assign(
            [TopicPartition(topic.name, place, OFFSET_BEGINNING) for place in places]
        )
        content, ends = b"", 0
        while ends < topic.partitions:
            for record in reader.consume(1000, 0.1):
                ends += record.error() is not None
                content += b"%r" % (record.value(),) + repr(record.headers()).encode()
        reader.close()
        contents[topic.name] = content
    assert TENANT.encode() in contents["pilotfish.events"]
    return contents


def shown_in_files(folder: Path) -> str:
    """Return the files with a password: logs, and the folders of Kafka and ClickHouse."""
    patterns = [form.decode() for secret in SECRETS for form in forms(secret)]
    words = [option for pattern in patterns for option in ("-e", pattern)]

    def files(*options: str) -> str:
        command = ["grep", "-rlaF", *options, str(folder)]
        return subprocess.run(command, capture_output=True, text=True).stdout  # noqa: PLW1510

    assert "archive.log" in files("-e", "assigned")
    return files(*words)


def test_the_console_asks_as_the_user_who_only_reads(servers: Servers) -> None:
    with closing(ClickHouseReading(servers.settings)) as reading:
        told = asyncio.run(reading.read({"n": "SELECT count() AS n FROM attempts"}, {}))
        assert set(told["n"][0]) == {"n"}
        with pytest.raises(StorageError, match="readonly"):
            asyncio.run(reading.read({"n": "DROP TABLE attempts"}, {}))
