import json
from collections.abc import Iterator

import pytest
from support.probing import said_on

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.health import STUCK_S, Health
from pilotfish.runtime.service.metrics_server import listening
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError
from pilotfish.schemas.topics import EVENTS


def ask(settings: Settings, path: str) -> tuple[int, str]:
    return said_on(settings.metrics_port, path)


@pytest.fixture
def settings() -> Settings:
    """Nobody is there but the service."""
    [port] = free_ports(1)
    return Settings(
        kafka="127.0.0.1:1", clickhouse="http://127.0.0.1:1", metrics_port=port
    )


@pytest.fixture
def health(settings: Settings) -> Iterator[Health]:
    made = Health(settings, "group", asks_clickhouse=True)
    with listening("streams", settings, made):
        yield made


@pytest.mark.usefixtures("health")
def test_a_service_shows_its_own_metrics(settings: Settings) -> None:
    metrics.LABELS.labels("success").inc(3)
    status, text = ask(settings, "/metrics")
    assert status == 200
    value = metrics.LABELS.labels("success")._value.get()
    assert f'pilotfish_labels_total{{outcome="success"}} {value}' in text
    assert "process_resident_memory_bytes" in text
    assert "pilotfish_hint" not in text


def test_a_loop_without_a_step_is_not_alive(settings: Settings, health: Health) -> None:
    assert ask(settings, "/healthz") == (200, '{"ok": true, "why": []}\n')
    health.status.beat(ago_s=STUCK_S + 1)
    status, text = ask(settings, "/healthz")
    assert (status, json.loads(text)) == (
        503,
        {"ok": False, "why": ["no step for 181 s"]},
    )


def test_a_service_that_is_not_ready_says_all_that_it_lacks(
    settings: Settings, health: Health
) -> None:
    health.status.missing = "no advisor in the store"
    status, text = ask(settings, "/readyz")
    assert status == 503
    assert json.loads(text)["why"] == [
        "waits for its partitions",
        "no advisor in the store",
        "ClickHouse does not answer",
    ]


def test_without_kafka_there_is_no_lag_and_nobody_is_ready(
    settings: Settings, health: Health
) -> None:
    health.status.gained({(EVENTS.name, 0): 5})
    assert "pilotfish_lag_records{" not in ask(settings, "/metrics")[1]
    status, text = ask(settings, "/readyz")
    assert status == 503
    assert "how far topics go" in json.loads(text)["why"][0]


@pytest.mark.usefixtures("health")
def test_other_paths_are_not_found(settings: Settings) -> None:
    status, text = ask(settings, "/")
    assert status == 404 and "/readyz" in text


@pytest.mark.usefixtures("health")
def test_a_port_in_use_is_an_error_that_says_so(settings: Settings) -> None:
    other = Health(settings, "group", asks_clickhouse=False)
    with (
        pytest.raises(RequirementError, match="PILOTFISH_METRICS_PORT"),
        listening("archive", settings, other),
    ):
        pass


def test_without_a_port_nothing_listens(settings: Settings) -> None:
    off = settings.model_copy(update={"metrics_port": None})
    with (
        listening("archive", off, Health(off, "group", asks_clickhouse=False)),
        pytest.raises(OSError, match="refused"),
    ):
        ask(settings, "/metrics")
