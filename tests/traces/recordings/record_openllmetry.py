# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "langchain==1.5.2",
#   "opentelemetry-exporter-otlp-proto-http",
#   "opentelemetry-instrumentation-langchain==0.62.4",
# ]
# ///
"""Records an agent of LangChain as openllmetry traces it: `make recordings`."""

from support.traced.recorder import record

INSTRUMENT = """
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
LangchainInstrumentor().instrument()
"""

record("openllmetry", "openllmetry_agent", INSTRUMENT)
