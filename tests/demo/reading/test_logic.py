import pytest

from pilotfish.demo.approaches import constraint_programming, enumeration, smt
from pilotfish.demo.reading.logic import parse_symbols
from pilotfish.demo.reading.puzzle import Formula, fact

ISLAND = (
    "A very special island is inhabited only by heros and villains. Heros always tell "
    "the truth, and villains always lie. You meet 2 inhabitants: Liam, and Michael. "
    'Liam said, "Michael is a hero." As Michael put it, "Liam is a hero if and only if '
    'Liam is a villain". So who is a hero and who is a villain?'
)


def test_negation_binds_tighter_than_or_and_or_tighter_than_implication() -> None:
    assert parse_symbols("(¬A ∨ B) → A") == Formula(
        "implies",
        (Formula("or", (Formula("not", (fact("A"),)), fact("B"))), fact("A")),
    )


@pytest.mark.parametrize("approach", [constraint_programming, enumeration, smt])
def test_claims_are_read_with_the_full_stop_inside_or_outside_the_quotes(
    approach: object,
) -> None:
    answer = approach.solve(ISLAND)  # type: ignore[attr-defined]
    assert answer == "Liam is a villain, and Michael is a villain"


@pytest.mark.parametrize(
    ("premises", "conclusion", "answer"),
    [
        (
            "All cats are mammals\n2. All mammals are animals",
            "All cats are animals",
            "Yes",
        ),
        ("All cats are animals\n2. All dogs are animals", "All cats are dogs", "No"),
        ("No cats are dogs\n2. Some pets are cats", "Some pets are not dogs", "Yes"),
    ],
)
def test_a_syllogism_is_refuted_by_a_counterexample(
    premises: str, conclusion: str, answer: str
) -> None:
    text = f"1. {premises}\n\nDoes it logically follow that:\n{conclusion}?"
    assert smt.solve(text) == answer
