"""The table of metrics, and docs/metrics.md, which shows it."""

import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest

import pilotfish
from pilotfish._local.platform import LABEL_EXPORT, SERVICES
from pilotfish.runtime.service.health import READY_LAG, READY_LAG_OF, STUCK_S
from pilotfish.runtime.service.metrics import METRICS, Metric, registry
from pilotfish.testing import MemoryClient

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/metrics.md").read_text()
ALL = {**SERVICES, **LABEL_EXPORT}


def row(metric: Metric, services: tuple[str, ...]) -> str:
    """The line that the page has for a metric."""
    [family] = metric.describe()
    name = family.name + ("_total" if family.type == "counter" else "")
    labels = ", ".join(metric._labelnames) or "-"
    by = ", ".join(services)
    return f"| `{name}` | {family.type} | {labels} | {by} | {family.documentation} |"


def test_the_page_shows_the_table() -> None:
    shown = re.findall(r"^\| `pilotfish_\w+` \|.*$", PAGE, re.MULTILINE)
    assert shown == [row(*each) for each in METRICS.items()]


def test_every_metric_that_the_page_names_is_there() -> None:
    suffixes = "_total|_sum|_count|_bucket"
    known = {family.name for metric in METRICS for family in metric.describe()}
    named = set(re.findall(r"\bpilotfish_[a-z_]+", PAGE)) - {"pilotfish_sdk_events"}
    assert {re.sub(f"({suffixes})$", "", name) for name in named} <= known


def test_the_page_states_the_bounds() -> None:
    for bound in (READY_LAG, *READY_LAG_OF.values()):
        assert f"{bound:,} records" in PAGE
    assert f"{STUCK_S:.0f} seconds" in PAGE


@pytest.mark.parametrize("service", ALL)
def test_each_service_shows_what_the_table_says(service: str) -> None:
    shown = {family.name for family in registry(service).collect()}
    mine = {
        family.name
        for metric, services in METRICS.items()
        for family in metric.describe()
        if service in services
    }
    assert {name for name in shown if name.startswith("pilotfish_")} == mine


def test_only_services_that_run_have_metrics() -> None:
    assert {name for services in METRICS.values() for name in services} == set(ALL)


def test_the_example_exports_what_the_sdk_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    ports: list[int] = []
    monkeypatch.setattr(pilotfish, "connect", MemoryClient)
    monkeypatch.setattr(prometheus_client, "start_http_server", ports.append)
    names: dict[str, Any] = {}
    exec(example, names)
    pilot: MemoryClient = names["pilot"]
    with pilot.attempt("why?") as attempt:
        attempt.succeed()
    sent = len(pilot.events)
    text = prometheus_client.generate_latest(names["events"]).decode()
    assert f'pilotfish_sdk_events{{fate="sent"}} {sent}.0' in text
    assert 'fate="dropped"} 0.0' in text
    assert len(ports) == 1
    prometheus_client.REGISTRY.unregister(names["events"])
