# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "langchain==1.5.2",
#   "opentelemetry-exporter-otlp-proto-http",
#   "opentelemetry-instrumentation-langchain==0.62.4",
# ]
# ///
"""Records an agent of LangChain as openllmetry traces it: `make recordings`.

In an environment of its own: nothing else here needs that instrumentation.
"""

import os
import subprocess
import sys
from pathlib import Path

from support.traced.door import door
from support.traced.page import block

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
RUN = """
import contextlib
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
from support.traced.openllmetry_agent import ask
LangchainInstrumentor().instrument()
with contextlib.suppress(ValueError):
    ask("How much is one plus two?", "{fault}")
provider.shutdown()
"""
FAULTS = {"openllmetry_right": "", "openllmetry_fails": "no rows"}


def record(code: str) -> bytes:
    """Return what a program exported, as one request: bodies of protobuf add up."""
    with door() as server:
        environment = {
            **os.environ,
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
            "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
        }
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return b"".join(server.bodies)


for name, fault in FAULTS.items():
    print(name)  # noqa: T201 - for whoever ran it
    code = block("Traces come in") + RUN.format(fault=fault)
    (HERE / f"{name}.otlp").write_bytes(record(code))
