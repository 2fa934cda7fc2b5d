"""infra/deploy/compose.yaml and what it builds from, read; there is no Docker engine here."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from pilotfish._local.platform import SERVICES
from pilotfish.consumers.__main__ import SERVICES as CONSUMERS
from pilotfish.infra.embedded.jars import LIST
from pilotfish.runtime.settings import Settings

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra/deploy"
TEXT = (INFRA / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
ALL: dict[str, Any] = COMPOSE["services"]
OURS = {name: it for name, it in ALL.items() if "build" in it}
DOCKERFILE = (INFRA / "Dockerfile").read_text()


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_a_module_of_ours(name: str) -> None:
    module, *arguments = OURS[name]["command"]
    assert module.startswith("pilotfish")
    assert find_spec(module) is not None
    if module == "pilotfish.consumers":
        assert arguments in ([service] for service in CONSUMERS)
    assert DOCKERFILE.count('ENTRYPOINT ["python", "-m"]') == 1


def test_compose_runs_the_services_of_pilotfish_up() -> None:
    long_lived = {n: tuple(it["command"]) for n, it in OURS.items() if n in SERVICES}
    assert long_lived == dict(SERVICES)
    assert set(OURS) - set(SERVICES) == {"prepare", "base"}


def test_every_variable_is_a_setting() -> None:
    fields = {f"PILOTFISH_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"PILOTFISH_[A-Z_]+", TEXT + DOCKERFILE)) <= fields


@pytest.mark.parametrize("name", OURS)
def test_settings_point_to_the_servers_and_the_shared_store(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in OURS[name]["environment"].items():
        plain = re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)
        monkeypatch.setenv(variable, plain)
    settings = Settings()
    assert settings.kafka.split(":")[0] in ALL
    assert settings.clickhouse.split("/")[2].split(":")[0] in ALL
    assert OURS[name]["volumes"] == [f"models:{settings.home}"]


def test_services_wait_for_topics_tables_and_the_base_advisor() -> None:
    done = {"condition": "service_completed_successfully"}
    healthy = {"condition": "service_healthy"}
    for name, service in OURS.items():
        if name in SERVICES:
            assert service["depends_on"] == {"prepare": done, "base": done}
            assert service["restart"] == "unless-stopped"
        else:
            assert service["depends_on"] == {"kafka": healthy, "clickhouse": healthy}
            assert service["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_docker_checks_each_service_s_health(name: str) -> None:
    service = OURS[name]
    *_, script = service["healthcheck"]["test"]
    port = service["environment"]["PILOTFISH_METRICS_PORT"]
    assert f"127.0.0.1:{port}/healthz" in script
    compile(script, "healthcheck", "exec")
    assert not any(port in mapping for mapping in service.get("ports", []))


def test_the_servers_are_pinned_checked_and_keep_their_data() -> None:
    for name in ("kafka", "clickhouse"):
        server = ALL[name]
        assert re.search(r":\d+\.\d+", server["image"])
        assert server["healthcheck"]["test"]
        assert any(volume.startswith(f"{name}:") for volume in server["volumes"])
        assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    version = re.search(r"-(\d[\d.]+)-", LIST.name)
    assert version is not None
    assert ALL["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_every_volume_is_declared_and_every_file_is_there() -> None:
    for service in ALL.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (INFRA / source).is_file()
            else:
                assert source in COMPOSE["volumes"]


def test_no_password_is_written_down() -> None:
    assert not re.search(r"(PASSWORD|TOKEN): (?!\$\{)", TEXT)


def test_clickhouse_s_own_logs_are_bounded() -> None:
    root = ET.parse(INFRA / "clickhouse-server.xml").getroot()
    assert len(root) > 10
    for log in root:
        ttl = log.find("ttl")
        kept = ttl is not None and "DELETE" in (ttl.text or "")
        assert kept or log.get("remove") == "1", log.tag


def test_the_image_has_two_stages_and_no_root() -> None:
    *_, last = DOCKERFILE.split("\nFROM ")
    assert DOCKERFILE.count("\nFROM ") == 2
    assert "COPY --from=build" in last
    users = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    assert users == ["pilotfish"]


def test_the_image_is_built_from_files_that_are_there_and_not_ignored() -> None:
    copied = set()
    for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        copied |= set(line.split())
    assert all((ROOT / name).exists() for name in copied)
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
    links = {p.name for p in (ROOT / "src/pilotfish").iterdir() if p.is_symlink()}
    assert links <= copied
