# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "llama-index-core==0.14.25",
#   "openinference-instrumentation-llama-index==4.6.1",
#   "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
"""Records an agent of LlamaIndex as OpenInference traces it: `make recordings`."""

from support.traced.recorder import record

INSTRUMENT = """
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
LlamaIndexInstrumentor().instrument()
"""

record("llama_index", "llama_index_agent", INSTRUMENT)
