"""pilotfish: learn from ordinary work which approach fits which problem.

pilot = pilotfish.connect()
with pilot.attempt("How many heads are there?", problem_type="sql") as attempt:
    hint = attempt.advice({"react": "think, act, repeat", "plan": "plan first"})
    ...
    attempt.succeed()
"""

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.async_client import AsyncClient
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.client import Client
from pilotfish._sdk.connect import connect, connect_async
from pilotfish._sdk.context import current_attempt
from pilotfish._sdk.hint import Hint
from pilotfish._sdk.secrets import redact_secrets
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription
from pilotfish.integrations.instrument import Instrumentation, instrument
from pilotfish.schemas.errors import (
    ConfigurationError,
    PilotfishError,
    UnavailableError,
)
from pilotfish.schemas.remembered import Remembered

__all__ = [
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
