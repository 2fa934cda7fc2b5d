from pilotfish.runtime.candidates import candidates

EXPECTED = [
    {"approach": "guess", "p_success": 0.3, "propensity": 0.1},
    {"approach": "plan", "p_success": 0.8, "propensity": 0.9},
]


def test_each_candidate_has_its_record() -> None:
    evidence = [{"approach": "plan", "attempts": 40, "successes": 31.0}]
    plan, guess = candidates(EXPECTED, evidence)
    assert (plan["approach"], plan["attempts"], plan["successes"]) == ("plan", 40, 31.0)
    assert (guess["approach"], guess["attempts"], guess["successes"]) == (
        "guess",
        0,
        0.0,
    )


def test_hints_of_older_versions_have_no_records() -> None:
    assert [row["attempts"] for row in candidates(EXPECTED, [])] == [0, 0]
