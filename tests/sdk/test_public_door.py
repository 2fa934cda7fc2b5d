"""The public names of the SDK, and that importing it stays light."""

import subprocess
import sys

import pilotfish

HEAVY = {
    "agents",
    "aiohttp",
    "clickhouse_connect",
    "deepspeed",
    "faust",
    "genai_prices",
    "langchain",
    "langchain_core",
    "numpy",
    "onnxruntime",
    "opentelemetry",
    "peft",
    "prometheus_client",
    "pydantic_ai",
    "rich",
    "torch",
    "transformers",
    "typer",
}
MAX_IMPORT_MS = 250


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_public_names_are_these() -> None:
    assert pilotfish.__all__ == [
        "AsyncAttempt",
        "AsyncClient",
        "Attempt",
        "Client",
        "ConfigurationError",
        "Hint",
        "Instrumentation",
        "PilotfishError",
        "Remembered",
        "Stats",
        "Subscription",
        "UnavailableError",
        "connect",
        "connect_async",
        "current_attempt",
        "instrument",
        "redact_secrets",
    ]
    assert all(hasattr(pilotfish, name) for name in pilotfish.__all__)


def test_importing_and_connecting_load_nothing_heavy() -> None:
    code = (
        "import sys, pilotfish; pilotfish.connect(kafka='127.0.0.1:1').close(); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    assert not HEAVY & set(run(code).split())


def test_importing_is_quick() -> None:
    code = (
        "import time; began = time.process_time(); import pilotfish; "
        "print((time.process_time() - began) * 1e3)"
    )
    assert min(float(run(code)) for _ in range(5)) < MAX_IMPORT_MS
