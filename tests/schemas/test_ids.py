import uuid

import pytest
from pydantic import TypeAdapter, ValidationError

from pilotfish.schemas.ids import Identifier, Name, new_id

IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)
NAME: TypeAdapter[str] = TypeAdapter(Name)


def test_new_ids_are_uuid7_and_increase() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(each).version for each in ids} == {7}


@pytest.mark.parametrize("id_", ["a", "run-7/3", "me@host:1.2", "x" * 128, "größe"])
def test_users_may_use_ids_of_their_own(id_: str) -> None:
    assert IDENTIFIER.validate_python(id_) == id_


@pytest.mark.parametrize("id_", ["", "two words", "a\n", "x" * 129, "'; DROP", 7])
def test_texts_with_blanks_or_of_a_wrong_length_are_no_ids(id_: object) -> None:
    with pytest.raises(ValidationError):
        IDENTIFIER.validate_python(id_)


def test_a_name_is_any_short_text() -> None:
    assert NAME.validate_python("plan, then act") == "plan, then act"
    for wrong in ("", "x" * 201):
        with pytest.raises(ValidationError):
            NAME.validate_python(wrong)
