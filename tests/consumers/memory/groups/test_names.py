"""Names of groups: words of their problems that are rare in others."""

from pilotfish.consumers.memory.groups.names import by_terms, terms

PROBLEMS = {
    "a": [
        "How many singers are there?",
        "How many singers sing?",
        "List singers by age.",
    ],
    "b": ["How many stadiums are there?", "Stadiums by capacity?", "List stadiums."],
    "c": ["Solve 3 x + 4 = 10."],
    "d": ["Solve 2 x = 10.", "Solve 7 x = 21."],
}


def named(problems: dict[str, list[str]]) -> dict[str, str]:
    return by_terms(terms(problems))


def test_a_name_distinguishes_a_group_from_the_others() -> None:
    names = named(PROBLEMS)
    assert names["a"].split()[0] == "singers"
    assert names["b"].split()[0] == "stadiums"
    assert (names["c"], names["d"]) == ("", "solve")


def test_a_word_of_a_single_problem_is_no_name() -> None:
    assert "age" not in named(PROBLEMS)["a"].split()


def test_numbers_and_signs_are_no_names() -> None:
    assert named({"a": ["17 + 4", "17 + 5"], "b": []}) == {"a": "", "b": ""}
