from support.exports import DATA, read

from pilotfish.schemas.imports.toucan import FORMAT


def test_of_toucans_judgements_completeness_comes_last_and_decides() -> None:
    [attempt], told = read(FORMAT, DATA / "toucan.jsonl")
    assert attempt.verdicts() == [("judge", 0.25), ("judge", 1.0)]
    assert attempt.start.problem_type == "single-turn-original"
    assert attempt.story() == [
        ("action", "flights-search", '{"to": "Rome"}'),
        ("observation", "flights-search", "[1]"),
        ("answer", "answer", "There is one."),
    ]
    assert "field target_tools (1, the first is line 1)" in told[-1]
