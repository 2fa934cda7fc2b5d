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

from pathlib import Path

from support.traced.page import program
from support.traced.recorder import exported
from support.traced.twenty import script

HERE = Path(__file__).parent
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

for name, rest in RUNS.items():
    print(name)  # noqa: T201 - for whoever ran it
    (HERE / f"{name}.otlp").write_bytes(exported(program("CrewAI", rest)))
