from support.exports import DATA, read

from pilotfish.schemas.imports.agentbank import FORMAT


def test_agentbank_has_no_outcomes_and_says_so() -> None:
    attempts, _ = read(FORMAT, DATA / "agentbank.jsonl")
    assert attempts[0].start.problem.startswith("You are in the middle of a room.")
    assert attempts[0].story() == [
        ("thought", "thought", "I look for a mug."),
        ("action", "go", "go to shelf 1"),
        ("observation", "go", "On the shelf 1, you see a mug 1."),
        ("thought", "thought", "I take it."),
        ("action", "take", "take mug 1 from shelf 1"),
    ]
    assert attempts[1].story() == [("answer", "answer", "It is 12.")]
    assert [(a.signals, a.end and a.end.status) for a in attempts] == [
        ([], "unknown"),
        ([], "unknown"),
    ]
    assert "successes only" in FORMAT.note
