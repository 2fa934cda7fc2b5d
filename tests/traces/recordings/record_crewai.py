# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "crewai==1.15.30",
#   "openinference-instrumentation-crewai==1.1.21",
#   "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
"""Records CrewAI behind the lines of docs/integrations.md: `make recordings`.

In an environment of its own, because CrewAI needs another `mcp` than pilotfish.
"""

import os
import subprocess
import sys
from pathlib import Path

from support.traced.door import door
from support.traced.page import program
from support.traced.twenty import script

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
# CrewAI tells its listeners of a failure in a thread of its own, which is given its time.
ONE_RUN = """
import contextlib, time
with contextlib.suppress(Exception):
    ask("How much is one plus two?", "{fault}")
time.sleep(2)
provider.shutdown()
"""
RUNS = {
    "crewai_right": ONE_RUN.format(fault=""),
    "crewai_fails": ONE_RUN.format(fault="tool"),
    "crewai_runs": script("CrewAI"),
}


def record(code: str) -> bytes:
    """Return what a program exported, as one request: bodies of protobuf add up."""
    with door() as server:
        environment = {
            **os.environ,
            "CREWAI_DISABLE_TELEMETRY": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
            "PYTHONPATH": str(TESTS),
        }
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return b"".join(server.bodies)


for name, rest in RUNS.items():
    print(name)  # noqa: T201 - for whoever ran it
    (HERE / f"{name}.otlp").write_bytes(record(program("CrewAI", rest)))
