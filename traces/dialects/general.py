"""What spans of every kind may have; it does not tell that GenAI had a part in them."""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

GENERAL: Final = Dialect(
    facts={
        "error.type": "error_type",
        "metadata": "metadata",  # OpenInference, PydanticAI
        "process.exit.code": "exit_code",
        "process.exit_code": "exit_code",
        "session.id": "session",
        "user.id": "user",
        "enduser.id": "user",
    }
)
