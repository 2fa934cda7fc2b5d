"""What in a Claude Code transcript says something about the outcome."""

import re
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.commands import runs_tests
from pilotfish.schemas.imports.values import count, name, text
from pilotfish.schemas.infrastructure import verdict_of_status
from pilotfish.schemas.json_in_text import mapping

_EXIT_STATUS: Final = re.compile(r"\s*(?:Error: )?Exit code:? (\d+)")
_STATUS_IN_TEXT: Final = re.compile(r"API Error:? \D{0,10}(\d{3})\b")
_REFUSALS: Final = ("invalid_request", "max_output_tokens")


def exit_status(call: Fields, given: object, result: dict[str, Any]) -> Fields | None:
    """Return the signal of a shell command that ran tests; None for any other call.

    Args:
        call: the step of the call.
        given: the call's input.
        result: its result, whose text begins with the status where that is not 0.
    """
    command = text(mapping(given).get("command"))
    in_background = mapping(given).get("run_in_background")
    if call.get("name") != "Bash" or in_background or not runs_tests(command):
        return None
    status = 0
    if result.get("is_error"):
        told = _EXIT_STATUS.match(text(result.get("content")))
        if told is None:
            return None
        status = int(told[1])
    return {"kind": "exit_code", "value": status, "detail": command}


def failure(line: dict[str, Any], content: str) -> Fields:
    """Return the signal of an error of the provider.

    It is infrastructure's failure, unless the provider refused the request.
    """
    in_text = _STATUS_IN_TEXT.search(content)
    status = count(line.get("apiErrorStatus")) or int(in_text[1] if in_text else 0)
    refused = verdict_of_status(status) is False or line.get("error") in _REFUSALS
    return {
        "kind": "exception" if refused else "infrastructure",
        "detail": content or "the provider failed",
        "at": line.get("timestamp"),
        "key": name(line.get("uuid")),
    }
