"""JSON Schemas of all messages, in schemas/json, for readers without pilotfish.

Run `python -m pilotfish.schemas.json_schema` after a change. It overwrites a file only if
old and new code can read each other's messages; otherwise raise `schema_version` and add
the step to `schemas/upcasts.py`. Files of old versions stay.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pilotfish.schemas.base import Message, RawMessage
from pilotfish.schemas.compatibility import breaks
from pilotfish.schemas.errors import ConfigurationError, PilotfishError
from pilotfish.schemas.topics import TOPICS

FOLDER: Final = Path(__file__).with_name("json")

MESSAGES: Final = tuple(
    message
    for topic in TOPICS
    for message in topic.messages
    if not issubclass(message, RawMessage)
)


def file_name(message: type[Message]) -> str:
    """Return the name of a message's file: `AttemptStarted.v1.json`."""
    return f"{message.schema_name()}.v{message.schema_version}.json"


def schema_of(message: type[Message]) -> dict[str, Any]:
    """Return the JSON Schema of an encoded message, as `codec.decode` accepts it."""
    schema = message.model_json_schema()
    required = message.made_at_creation().union(schema.get("required", ()))
    return schema | {"required": sorted(required)}


def text_of(message: type[Message]) -> str:
    """Return the content of a message's file."""
    return json.dumps(schema_of(message), indent=2, sort_keys=True) + "\n"


def write(
    folder: Path = FOLDER, messages: tuple[type[Message], ...] = MESSAGES
) -> list[str]:
    """Write the files that are missing or differ; return their names.

    Raises:
        ConfigurationError: a change needs a new version; then no file is written.
    """
    changed = [message for message in messages if _differs(folder, message)]
    for message in changed:
        _require_same_version(folder / file_name(message), message)
    folder.mkdir(parents=True, exist_ok=True)
    for message in changed:
        (folder / file_name(message)).write_text(text_of(message), encoding="utf-8")
    return [file_name(message) for message in changed]


def _differs(folder: Path, message: type[Message]) -> bool:
    path = folder / file_name(message)
    return not path.exists() or path.read_text(encoding="utf-8") != text_of(message)


def _require_same_version(path: Path, message: type[Message]) -> None:
    if not path.exists():
        return
    old: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    new = schema_of(message)
    breaking = [f"old messages: {line}" for line in breaks(old, new)]
    breaking += [f"old readers: {line}" for line in breaks(new, old)]
    if breaking:
        raise ConfigurationError(
            f"{path.name} breaks " + "; ".join(breaking) + "; raise "
            f"{message.__name__}.schema_version and add the step to schemas/upcasts.py"
        )


if __name__ == "__main__":
    try:
        print(*write() or ["all files are up to date"], sep="\n")  # noqa: T201 - a command
    except PilotfishError as problem:
        sys.exit(str(problem))
