"""`pilotfish evaluate` as people call it."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.schemas.errors import (
    ConfigurationError,
    NothingToLearnError,
    SchemaError,
)

DATA = Path(__file__).parents[3] / "shared" / "data" / "theoremqa_gpt4.jsonl.gz"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log.jsonl"
    with gzip.open(DATA, "rt") as lines:
        everything = list(lines)
    half = len(everything) // 2  # one approach after the other
    file.write_text("".join(everything[:80] + everything[half : half + 80]))
    return file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTFISH_HOME", str(tmp_path / "home"))


def run(*arguments: object) -> str:
    words = [str(one) for one in arguments]
    done = CliRunner().invoke(app, ["evaluate", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_a_real_log_gives_a_table_numbers_and_a_picture(
    log: Path, tmp_path: Path
) -> None:
    numbers, picture = tmp_path / "numbers.json", tmp_path / "curves.png"
    said = run(log, "--orders", 2, "--json", numbers, "--plot", picture)
    assert "pilotfish fast" in said and "always right" in said
    made = json.loads(numbers.read_text())
    assert made["orders"] == 2 and made["approaches"] == ["pot", "cot"]
    policies = made["policies"]
    assert policies["random"]["success"] < policies["always right"]["success"]
    assert 0 <= policies["pilotfish fast"]["calibration_error"] < 0.5
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_numbers(log: Path, tmp_path: Path) -> None:
    def scored(seed: int) -> list[float]:
        file = tmp_path / "numbers.json"
        run(log, "--orders", 2, "--seed", seed, "--label-noise", 0.2, "--json", file)
        policies = json.loads(file.read_text())["policies"]
        return [one["success"] for one in policies.values()]

    assert scored(1) == scored(1) != scored(2)


def test_a_broken_line_is_named_or_counted(log: Path) -> None:
    log.write_text("{not json}\n" + log.read_text())
    with pytest.raises(SchemaError, match=r"log\.jsonl, line 1: Invalid JSON"):
        run(log)
    said = run(log, "--orders", 2, "--skip-bad")
    assert "1 line skipped: Invalid JSON" in said and "the first is line 1" in said


def test_what_was_skipped_is_told_also_where_nothing_is_left(log: Path) -> None:
    log.write_text("[\n" + "{}\n" * 80 + "]\n")
    done = CliRunner().invoke(app, ["evaluate", str(log), "--skip-bad"])
    assert isinstance(done.exception, NothingToLearnError)
    assert "80 lines skipped: problem: Field required" in done.output


def test_problems_that_are_half_right_are_played(log: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    half = [{**one, "success": success} for one in lines for success in (True, False)]
    log.write_text("".join(json.dumps(one) + "\n" for one in half))
    run(log, "--orders", 2, "--json", numbers)
    policies = json.loads(numbers.read_text())["policies"]
    assert {one["success"] for one in policies.values()} == {0.5}


def test_attempts_without_an_outcome_are_counted(log: Path) -> None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    open_ = [{**one, "success": None} for one in lines[:7]]
    log.write_text("".join(json.dumps(one) + "\n" for one in [*open_, *lines]))
    assert "7 of 167 attempts have no outcome" in run(log, "--orders", 2)


@pytest.mark.parametrize("protocol", ["bandit", "full"])
def test_where_cost_counts_the_dear_approach_is_worth_less(
    log: Path, tmp_path: Path, protocol: str
) -> None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    dear = [{**one, "cost": 2.0 * (one["approach"] == "pot")} for one in lines]
    log.write_text("".join(json.dumps(one) + "\n" for one in dear))

    def scored(weight: float) -> dict[str, dict[str, float]]:
        file = tmp_path / "numbers.json"
        options = ("--protocol", protocol, "--orders", 3, "--cost-weight", weight)
        run(log, *options, "--json", file)
        policies: dict[str, dict[str, float]] = json.loads(file.read_text())["policies"]
        return policies

    free, priced = scored(0.0), scored(1.0)
    cheap = sum(one["success"] for one in lines if one["approach"] == "cot") / 80
    assert free["best single"]["success"] > priced["best single"]["success"]
    assert priced["best single"]["success"] == pytest.approx(cheap)
    # Who pays 2 for a success of 1 loses; all who learn find that out.
    assert priced["random"]["success"] < -0.3
    assert priced["pilotfish fast"]["success"] > cheap - 0.3
    assert priced["Thompson"]["success"] > cheap - 0.3


def test_cost_does_not_count_in_estimates(log: Path) -> None:
    with pytest.raises(ConfigurationError, match="bandit, full and domains"):
        run(log, "--protocol", "offpolicy", "--cost-weight", 1)


def test_a_log_that_teaches_nothing_is_told_from_one_that_does(log: Path) -> None:
    log.write_text("\n".join(log.read_text().splitlines()[:20]) + "\n")
    with pytest.raises(NothingToLearnError, match="different problems, 50 needed"):
        run(log)


def test_folds_put_the_regression_on_words_beside_the_advisor(
    log: Path, tmp_path: Path
) -> None:
    numbers = tmp_path / "numbers.json"
    said = run(log, "--protocol", "full", "--orders", 2, "--json", numbers)
    assert "tf-idf ridge" in said
    made = json.loads(numbers.read_text())
    fast = made["policies"]["pilotfish fast"]
    assert 0 <= fast["accuracy"] <= 1 and len(fast["accuracy_gain_ci95"]) == 2
    assert made["protocol"] == "full" and made["verdicts"] == []


@pytest.mark.slow(25)
def test_filters_are_compared_by_name_or_letter(log: Path, tmp_path: Path) -> None:
    def scored(choice: str, *more: object) -> dict[str, dict[str, dict[str, float]]]:
        file = tmp_path / "numbers.json"
        run(log, "--filter", choice, "--orders", 2, "--json", file, *more)
        made = json.loads(file.read_text())
        assert made["protocol"] == "filters" and made["orders"] == 2
        noises: dict[str, dict[str, dict[str, float]]] = made["policies"]
        return noises

    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:60] + lines[80:140]))  # of each approach 60
    every = scored("all")
    assert list(every) == ["0", "0.2", "0.4"]
    assert all(list(one) == ["everything", "rated", "judged"] for one in every.values())
    assert every["0.4"]["everything"]["kept"] == 1.0 > every["0.4"]["judged"]["kept"]
    assert abs(every["0.4"]["everything"]["wrong"] - 0.4) < 0.1
    letter = scored("C", "--label-noise", 0.2)
    assert list(letter) == ["0.2"] and list(letter["0.2"]) == ["judged"]
    assert letter["0.2"]["judged"]["success"] == every["0.2"]["judged"]["success"]


def test_filters_have_a_protocol_of_their_own(log: Path) -> None:
    with pytest.raises(ConfigurationError, match="--filter goes with"):
        run(log, "--filter", "A", "--shuffle-labels")
    with pytest.raises(ConfigurationError, match="--filter goes with"):
        run(log, "--filter", "A", "--protocol", "domains")


def test_two_files_are_two_domains(log: Path, tmp_path: Path) -> None:
    other, numbers = tmp_path / "other.jsonl", tmp_path / "numbers.json"
    other.write_text(log.read_text().replace('"problem": "', '"problem": "Now: '))
    options = ("--orders", 2, "--json", numbers)
    assert "forgotten" in run(log, other, "--protocol", "domains", *options)
    assert json.loads(numbers.read_text())["domains"] == [80, 80]
    run(log, other, *options)
    assert json.loads(numbers.read_text())["problems"] == 160
    with pytest.raises(ConfigurationError, match="3 files"):
        run(log, log, other, "--protocol", "domains")


def test_a_log_without_propensities_is_written_anew(log: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    said = run(log, "--protocol", "offpolicy", "--json", numbers)
    assert "doubly robust" in said and "pilotfish fast" in said
    scores = json.loads(numbers.read_text())["policies"]
    assert 0 <= scores["always pot"]["truth"] <= 1


def test_a_log_with_propensities_is_taken_as_it_is(log: Path) -> None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    log.write_text(
        "".join(json.dumps({**one, "propensity": 0.5}) + "\n" for one in lines)
    )
    assert "the files' own policy" in run(log, "--protocol", "offpolicy")
