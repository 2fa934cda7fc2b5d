"""What is said of strategies: news, mergers and what advice did not change."""

from typing import Any

import pytest

from pilotfish.consumers.memory.strategies.evidence import Effect
from pilotfish.consumers.memory.strategies.standing import changes_of, without_gain
from pilotfish.consumers.memory.strategies.wording import by_moves
from pilotfish.schemas.strategies import Imported, StrategyChanged
from pilotfish.strategies.finding import Found

LOOKS = ("sql:show", "sql:select")
USELESS = Effect(500, 0.4, 60.0, 0.5, -0.2, 0.0)
USEFUL = Effect(500, 0.6, 60.0, 0.5, 0.05, 0.15)


def strategy(id_: str, **fields: Any) -> StrategyChanged:
    made: dict[str, Any] = {
        "tenant": "t",
        "strategy_id": id_,
        "name": id_,
        "instruction": "",
    }
    return StrategyChanged(**(made | fields))


def test_a_new_strategy_is_offered_in_words() -> None:
    now = Found({LOOKS: "looks"}, {"looks": LOOKS}, {"looks": 30}, {})
    [new] = changes_of("t", now, {}, by_moves)
    assert (new.standing, new.moves, new.name) == ("offered", LOOKS, "show, select")
    assert changes_of("t", now, {"looks": new}, by_moves) == []


def test_a_merged_strategy_names_the_one_that_took_its_place() -> None:
    now = Found({LOOKS: "looks"}, {"looks": LOOKS}, {"looks": 30}, {"guesses": "looks"})
    known = {name: strategy(name) for name in ("looks", "guesses")}
    [merged] = changes_of("t", now, known, by_moves)
    assert (merged.strategy_id, merged.standing) == ("guesses", "merged")
    assert merged.merged_into == "looks"
    known["guesses"] = merged
    assert changes_of("t", now, known, by_moves) == []


def test_what_does_not_help_is_retired_and_says_why() -> None:
    known = {"looks": strategy("looks"), "guesses": strategy("guesses")}
    [retired] = without_gain(known, {"looks": USEFUL, "guesses": USELESS})
    assert (retired.strategy_id, retired.standing) == ("guesses", "retired")
    assert "advised in 500 attempts, of which 40% succeeded" in retired.reason
    assert without_gain({"guesses": retired}, {"guesses": USELESS}) == []


@pytest.mark.parametrize(
    ("reason", "count"),
    [("offered by a person", 0), ("renamed by a person", 1), ("", 1)],
)
def test_what_a_person_offered_stays(reason: str, count: int) -> None:
    known = {"looks": strategy("looks", reason=reason)}
    retired = without_gain(known, {"looks": USELESS})
    assert len(retired) == count
    assert all(each.reason.startswith(reason) for each in retired)


def test_what_was_imported_is_retired_and_taken_out_although_a_person_offered_it() -> (
    None
):
    reason = "imported from tenant a; offered by a person"
    known = {"looks": strategy("looks", reason=reason, imported=Imported(gain=0.2))}
    assert without_gain(known, {"looks": USEFUL}) == []
    [retired] = without_gain(known, {"looks": USELESS})
    assert (retired.standing, retired.imported) == ("retired", None)
    assert retired.reason.startswith(reason)
    again = strategy("looks", reason=reason)
    assert without_gain({"looks": again}, {"looks": USELESS}) == []
