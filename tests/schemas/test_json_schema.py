import json
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from pilotfish.schemas.base import Message
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.json_schema import FOLDER, MESSAGES, file_name, text_of, write
from pilotfish.schemas.topics import TOPICS


def made(version: int = 1, **annotations: type) -> type[Message]:
    """Return a message called Made with these fields."""
    fields = {"__annotations__": {"schema_version": ClassVar[int], **annotations}}
    return type(
        "Made",
        (Message,),
        {"__module__": __name__, "schema_version": version, **fields},
    )


def test_the_committed_files_match_the_code() -> None:
    advice = "run `python -m pilotfish.schemas.json_schema` and commit schemas/json"
    for message in MESSAGES:
        assert (FOLDER / file_name(message)).read_text() == text_of(message), advice


def test_every_version_of_every_message_has_its_file() -> None:
    versions = {
        f"{message.schema_name()}.v{version}.json"
        for message in MESSAGES
        for version in range(1, message.schema_version + 1)
    }
    assert {path.name for path in FOLDER.iterdir()} == versions
    assert {type(m) for t in TOPICS for m in t.messages} == {type(m) for m in MESSAGES}


def test_ids_and_times_must_be_sent() -> None:
    step = json.loads((FOLDER / "StepRecorded.v1.json").read_text())
    required = ["at", "attempt_id", "event_id", "kind", "name"]
    assert step["required"] == required


def test_unchanged_files_are_not_written_again(tmp_path: Path) -> None:
    assert write(tmp_path, (made(a=int),)) == ["Made.v1.json"]
    assert write(tmp_path, (made(a=int),)) == []


def test_a_change_that_breaks_old_messages_is_refused(tmp_path: Path) -> None:
    write(tmp_path, (made(a=int),))
    before = (tmp_path / "Made.v1.json").read_text()
    with pytest.raises(ConfigurationError, match=r"old messages: message\.b: is req"):
        write(tmp_path, (made(a=int, b=int),))
    assert (tmp_path / "Made.v1.json").read_text() == before


def test_a_change_that_breaks_old_readers_is_refused(tmp_path: Path) -> None:
    write(tmp_path, (made(a=int),))

    class Made(Message):
        a: int
        b: int = 0

    with pytest.raises(ConfigurationError, match=r"old readers: message\.b: is"):
        write(tmp_path, (Made,))


def test_a_new_version_gets_a_file_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, (made(a=int),))
    assert write(tmp_path, (made(2, a=str),)) == ["Made.v2.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "Made.v1.json",
        "Made.v2.json",
    ]


def test_descriptions_may_change(tmp_path: Path) -> None:
    write(tmp_path, (made(a=int),))

    class Made(Message):
        """Explained."""

        a: int = Field(description="what it is")

    assert write(tmp_path, (Made,)) == ["Made.v1.json"]
