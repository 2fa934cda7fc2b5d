"""What OpenTelemetry names for spans of every kind; it tells nothing of GenAI."""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

GENERAL: Final = Dialect(
    facts={
        "error.type": "error_type",
        "process.exit.code": "exit_code",
        "process.exit_code": "exit_code",
        "session.id": "session",
        "user.id": "user",
        "enduser.id": "user",
    }
)
