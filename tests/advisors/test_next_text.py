"""Sentences in the middle of an attempt: moves and counts, and nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.next_choice import next_move
from pilotfish.advisors.next_text import next_text, why_none
from pilotfish.advisors.records import Record
from pilotfish.strategies.moves import Moves
from pilotfish.strategies.patterns import LENGTH

RECORDS = {"sql:describe": Record(30, 22.0), "sql:show": Record(40, 9.0)}


def test_a_hint_says_what_to_do_and_what_was_seen() -> None:
    assert next_text(next_move("sql", ("bash:ls",), RECORDS)) == (
        "Consider as your next new step: look at the columns of the tables with sql. Of "
        "past attempts that began like this one, 22 of 30 succeeded where this came next, "
        "and 31 of 40 failed where it did not (observed, not tested)."
    )


def test_an_abstention_says_what_is_known() -> None:
    few = next_move("sql", ("a",), {"b": Record(3, 1.0)})
    assert why_none(few) == "3 attempts are known that began so: too few to compare"
    same = next_move("sql", ("a",), {"b": Record(30, 9.0), "c": Record(30, 10.0)})
    assert why_none(same).startswith("19 of 60 attempts that began so succeeded")
    late = next_move("sql", tuple("abcdefgh"), {})
    assert str(LENGTH) in why_none(late)
    assert {next_text(each) for each in (few, same, late)} == {""}


@given(st.text(), st.text())
def test_a_hint_is_plain_whatever_tools_are_called(name: str, content: str) -> None:
    moves = Moves()
    moves.add("action", name, content)
    records = dict.fromkeys(moves.distinct, RECORDS["sql:describe"])
    others = {"sql:show": RECORDS["sql:show"]}
    text = next_text(next_move("sql", (), {**others, **records}))
    assert re.fullmatch(r"[\w ,.:;/()-]*", text, re.ASCII) and len(text) < 400
