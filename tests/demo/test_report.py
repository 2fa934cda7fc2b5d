import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pilotfish.demo.monitor import Reading, Training
from pilotfish.demo.report import draw, print_report, results
from pilotfish.demo.tally import Attempted, Tally

REQUIRED = {
    "attempts",
    "unadvised_success",
    "advised_success_last_third",
    "relative_lift",
    "relative_lift_ci95",
    "novel_family_lift",
    "heldout_accuracy",
    "heldout_base_rate",
    "trainings",
    "wall_s",
}
METRICS = {
    "candidate": {"accuracy": 0.9, "base_rate": 0.7},
    "incumbent": {"accuracy": 0.8, "base_rate": 0.7},
}


def reading(verdict: str) -> Reading:
    training = Training("id", "finished", "v1", verdict, "because", METRICS, 60)
    return Reading(events=1234, trainings=(training,))


@pytest.fixture
def tally() -> Tally:
    """Advised attempts succeed three times in four, the holdout once in four."""
    attempts = [
        Attempted(
            number=i,
            family="family",
            novel=i >= 200 and i % 3 == 0,
            approach="plan",
            hinted=i % 2 == 1,
            holdout=i % 5 == 0,
            success=i % 4 == 0 if i % 5 == 0 else i % 4 != 0,
            advice_ms=10.0,
        )
        for i in range(300)
    ]
    return Tally(300, attempts)


def test_the_json_has_all_numbers(tally: Tally) -> None:
    report = results(tally, reading("promoted"), seed=1, wall_s=12.34)
    assert report.keys() >= REQUIRED
    assert report["attempts"] == 300
    assert report["unadvised_success"] == 0.25
    assert report["advised_success_last_third"] == 0.75
    assert report["relative_lift"] == pytest.approx(2.0)
    low, high = report["relative_lift_ci95"]
    assert low < 2 < high
    assert report["novel_family_lift"] is not None
    assert report["hinted_share_last_third"] == 0.5
    assert report["wall_s"] == 12.3
    (training,) = report["trainings"]
    assert training["version"] == "v1"
    assert training["verdict"] == "promoted"
    assert training["metrics"] == METRICS
    assert json.loads(json.dumps(report))["attempts"] == 300


@pytest.mark.parametrize(("verdict", "accuracy"), [("promoted", 0.9), ("refused", 0.8)])
def test_the_held_out_accuracy_is_of_the_advisor_in_service(
    tally: Tally, verdict: str, accuracy: float
) -> None:
    assert results(tally, reading(verdict), 1, 1.0)["heldout_accuracy"] == accuracy


def test_without_attempts_or_trainings_there_are_no_numbers() -> None:
    report = results(Tally(60), Reading(), 1, 1.0)
    assert report["relative_lift"] is None
    assert report["heldout_accuracy"] is None
    assert report["trainings"] == []


def test_the_report_is_printed(tally: Tally) -> None:
    console = Console(file=StringIO(), width=100)
    print_report(console, tally, results(tally, reading("promoted"), 1, 1.0))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "75.0% of 80" in printed
    assert "25.0% of 20" in printed
    assert "+200%" in printed
    assert "50.0% of the advised attempts got a hint" in printed
    assert "promoted: because" in printed


@pytest.mark.parametrize("count", [0, 1, 300])
def test_the_picture_is_drawn_however_few_attempts_there_are(
    tally: Tally, tmp_path: Path, count: int
) -> None:
    picture = tmp_path / "curve.png"
    draw(Tally(300, tally.attempts[:count]), picture)
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == 1200
