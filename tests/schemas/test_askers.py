from typing import Any

import pytest

from pilotfish.schemas.askers import asker_of, unusable_askers
from pilotfish.schemas.labels import MAX_ASKER


@pytest.mark.parametrize(
    ("attributes", "asker", "unusable"),
    [
        ({}, "", []),
        ({"user.id": "42"}, "42", []),
        ({"user.id": 42}, "42", []),
        ({"user.id": 42.0}, "42", []),
        ({"user.id": 0}, "0", []),
        ({"user.id": 0.5}, "0.5", []),
        ({"user.id": "", "session.id": 7}, "7", []),
        ({"user.id": None, "session.id": "s"}, "s", []),
        ({"user.id": "ann", "session.id": "s"}, "ann", []),
        ({"user.id": True}, "", ["user.id"]),
        ({"user.id": {"id": 42}, "session.id": [1]}, "", ["user.id", "session.id"]),
        ({"user.id": ["ann"], "session.id": "s"}, "s", ["user.id"]),
        ({"user.id": "x" * 201}, "x" * MAX_ASKER, []),
    ],
)
def test_an_asker_is_a_text_or_a_number(
    attributes: dict[str, Any], asker: str, unusable: list[str]
) -> None:
    assert asker_of(attributes) == asker
    assert unusable_askers(attributes) == unusable
