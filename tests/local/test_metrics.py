"""Metrics and health of a running platform, compared with what was published."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError

import httpx2
import psutil
import pytest
from faults.replay import PER_ATTEMPT, replay
from prometheus_client.parser import text_string_to_metric_families
from support.agent_runs import agent_run, request
from support.otlp_logs import evaluation, log_request
from support.polling import eventually
from support.probing import said_on

import pilotfish
from pilotfish._local.platform import SERVICES, metrics_ports
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.service.health import READY_LAG
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS

ATTEMPTS, BAD = 30, 3
WITH_CLICKHOUSE = ("archive", "streams", "trigger", "memory", "traces")


def fetch(settings: Settings, service: str, path: str) -> tuple[int, str]:
    """Return status and text; status 0 if the port is closed."""
    try:
        return said_on(metrics_ports(settings)[service], path)
    except URLError:
        return 0, ""


def total(settings: Settings, service: str, name: str, **labels: str) -> float:
    """Return the sum of a sample over all other labels."""
    families = text_string_to_metric_families(fetch(settings, service, "/metrics")[1])
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def statuses(settings: Settings, path: str) -> dict[str, int]:
    return {service: fetch(settings, service, path)[0] for service in SERVICES}


def reasons(settings: Settings, service: str) -> str:
    return "; ".join(json.loads(fetch(settings, service, "/readyz")[1])["why"])


@pytest.fixture
def ready(up: Settings) -> Settings:
    """The platform with a new tenant, once all services are ready."""
    eventually(lambda: statuses(up, "/readyz"), dict.fromkeys(SERVICES, 200))
    return up.model_copy(update={"tenant": f"t-{new_id()}"})


def labels_out(settings: Settings, fate: str) -> float:
    """Return how many labels the label export has sent, which `up` runs last."""
    assert settings.metrics_port is not None
    _, text = said_on(settings.metrics_port + len(SERVICES), "/metrics")
    name = f'pilotfish_labels_exported_total{{fate="{fate}"}} '
    values = [line.removeprefix(name) for line in text.splitlines() if name in line]
    return sum(map(float, values))


@contextmanager
def stopped_clickhouse(settings: Settings) -> Iterator[None]:
    """Suspend ClickHouse's process, then resume it."""
    [gateway] = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(settings.home / "clickhouse") in (process.info["cmdline"] or [])
    ]
    gateway.suspend()
    try:
        yield
    finally:
        gateway.resume()


def current_metrics(settings: Settings) -> dict[str, float]:
    """Return the metrics that follow from what is published."""
    samples = {
        "successes": ("streams", "pilotfish_labels_total", {"outcome": "success"}),
        "failures": ("streams", "pilotfish_labels_total", {"outcome": "failure"}),
        "no labels": ("streams", "pilotfish_labels_total", {"outcome": "infrastructure"}),
        "labelled letters": ("streams", "pilotfish_dead_letters_total", {"topic": EVENTS.name}),
        "archived letters": ("archive", "pilotfish_dead_letters_total", {"topic": EVENTS.name}),
        "events": ("streams", "pilotfish_batch_records_sum", {}),
        "hints": ("advisor", "pilotfish_hints_total", {}),
        "timed hints": ("advisor", "pilotfish_hint_seconds_count", {}),
        "lag": ("streams", "pilotfish_lag_records", {}),
    }  # fmt: skip
    return {
        name: total(settings, service, sample, **labels)
        for name, (service, sample, labels) in samples.items()
    }


def publish(settings: Settings) -> int:
    """Publish attempts, a third of each outcome, each with a hint; return the events."""
    with pilotfish.connect(
        kafka=settings.kafka, tenant=settings.tenant, advice_deadline_s=60
    ) as pilot:
        for number in range(ATTEMPTS):
            with pilot.attempt(f"problem {number}") as attempt:
                attempt.advice({"plan": "plan first", "react": "look first"})
                if number % 3 == 0:
                    attempt.succeed()
                elif number % 3 == 1:
                    attempt.fail("wrong")
                else:
                    attempt.signal("infrastructure")
                    attempt.fail("rate limit")
    return pilot.stats().sent


@pytest.mark.slow
def test_the_metrics_match_what_was_published(ready: Settings) -> None:
    before = current_metrics(ready)
    sent = publish(ready)
    publisher = producer(ready)
    for _ in range(BAD):
        publisher.produce(EVENTS.name, b"no event", key=b"someone")
    assert publisher.flush(60) == 0
    third = ATTEMPTS / 3
    expected = {
        "successes": third,
        "failures": third,
        "no labels": third,
        "labelled letters": BAD,
        "archived letters": BAD,
        "events": sent + BAD,
        "hints": ATTEMPTS,
        "timed hints": ATTEMPTS,
        "lag": 0,
    }
    eventually(
        lambda: {name: n - before[name] for name, n in current_metrics(ready).items()},
        expected,
    )


@pytest.mark.slow
def test_a_service_that_is_behind_is_not_ready_until_it_catches_up(
    ready: Settings,
) -> None:
    events = (READY_LAG // PER_ATTEMPT + 1) * PER_ATTEMPT
    with stopped_clickhouse(ready):
        replay(ready, events // PER_ATTEMPT, 10_000)
        expected = {s: 503 if s in WITH_CLICKHOUSE else 200 for s in SERVICES}
        eventually(lambda: statuses(ready, "/readyz"), expected)
        for service in ("archive", "streams"):
            text = reasons(ready, service)
            behind = re.search(rf"(\d+) records behind in {EVENTS.name}", text)
            assert behind and int(behind[1]) >= events
            assert "ClickHouse does not answer" in text
            assert total(ready, service, "pilotfish_lag_records") >= events
        assert reasons(ready, "trigger") == "ClickHouse does not answer"
        assert statuses(ready, "/healthz") == dict.fromkeys(SERVICES, 200)
    eventually(lambda: statuses(ready, "/readyz"), dict.fromkeys(SERVICES, 200))


@pytest.mark.slow
def test_a_restarted_service_serves_metrics_again(ready: Settings) -> None:
    [streams] = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "pilotfish.streams" in (process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get("PILOTFISH_HOME") == str(ready.home)
    ]
    os.kill(streams.pid, signal.SIGKILL)
    streams.wait()
    assert fetch(ready, "streams", "/healthz")[0] == 0
    eventually(lambda: fetch(ready, "streams", "/readyz")[0], 200)


@pytest.mark.slow
def test_labels_of_traces_go_out(ready: Settings) -> None:
    door = f"http://127.0.0.1:{ready.http_port}/v1"
    headers = {"content-type": "application/x-protobuf"}
    trace = int(new_id().replace("-", ""), 16)
    judged = log_request(evaluation(trace.to_bytes(16), score=0.25))
    before = labels_out(ready, "taken")
    for path, body in (("traces", request(agent_run(trace, "p"))), ("logs", judged)):
        answer = httpx2.post(f"{door}/{path}", content=body, headers=headers)
        assert answer.status_code == 200
    eventually(lambda: labels_out(ready, "taken") > before)
    assert labels_out(ready, "refused") == 0
