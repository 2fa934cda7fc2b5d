import json
from pathlib import Path

from support.exports import DATA, read, written

from pilotfish.schemas.imports.tau_bench import FORMAT


def test_a_reward_of_tau_bench_is_a_verifiers() -> None:
    attempts, told = read(FORMAT, DATA / "tau_bench.json")
    assert [a.verdicts() for a in attempts] == [
        [("verifier", 1.0)],
        [("verifier", 0.0)],
    ]
    assert attempts[0].story() == [
        (
            "action",
            "find_user_id_by_email",
            '{"email": "y@shop.example"}',
        ),
        ("observation", "find_user_id_by_email", "yusuf_rossi_9620"),
        ("thought", "thought", "Which one would you like?"),
        ("observation", "user", "The quiet one. ###STOP###"),
    ]
    assert told[0].startswith("1 line skipped: the user asks nothing")


def test_trials_of_a_task_are_attempts_apart(tmp_path: Path) -> None:
    result = json.loads((DATA / "tau_bench.json").read_text())[1]
    path = written(tmp_path / "r.json", [result, result | {"trial": 1}])
    attempts, _ = read(FORMAT, path)
    assert len({a.start.attempt_id for a in attempts}) == 2
