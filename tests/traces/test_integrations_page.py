"""The lines of docs/integrations.md, run before agents that know nothing of them."""

import subprocess
import sys

import pytest
from support.traced.door import door
from support.traced.page import AGENTS, TESTS, program

from pilotfish.schemas.events import AttemptEnded, AttemptStarted, StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.otlp import read_export


@pytest.mark.parametrize("framework", AGENTS)
def test_the_lines_of_the_page_bring_traces_in(framework: str) -> None:
    asking = "ask('How much is one plus two?', '')\nprovider.shutdown()"
    code = program(framework, asking)
    with door() as server:
        path = f"{TESTS}:{TESTS.parent / 'src'}"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env={"OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint, "PYTHONPATH": path},
        )
        spans = [s for b in server.bodies for s in read_export(b, "protobuf").spans]
    start, *steps, end = events_of(spans, "t")
    assert isinstance(start, AttemptStarted) and isinstance(end, AttemptEnded)
    assert start.problem == "How much is one plus two?"
    assert [s.name for s in steps if isinstance(s, StepRecorded)].count("add") == 2
