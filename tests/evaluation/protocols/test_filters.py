"""Filters side by side: what is flipped, what is learned, what is scored."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from support.advice.worlds import APPROACHES, world

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.protocols.filters import play, score
from pilotfish.evaluation.protocols.full import FOLDS
from pilotfish.evaluation.protocols.labelled_log import LabelledLog, labelled_log
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt, LoggedStep
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.filters.filter import everything

MADE = world(80)


def logged(step: str = "ok") -> list[LoggedAttempt]:
    return [
        LoggedAttempt(
            problem=problem,
            problem_type=MADE.table.kinds[row],
            approach=approach,
            success=bool(MADE.table.outcomes[row, column]),
            steps=(LoggedStep(kind="observation", name="tool", content=step),),
        )
        for row, problem in enumerate(MADE.table.problems)
        for column, approach in enumerate(APPROACHES)
    ]


def given() -> LabelledLog:
    return labelled_log(logged(), MADE.table, MADE.embeddings)


class Notes:
    """A filter that notes what it is shown, and keeps one attempt in `every`."""

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.shown: list[Sequence[Attempt]] = []

    def __call__(
        self, attempts: Sequence[Attempt], rows: Embeddings
    ) -> NDArray[np.bool_]:
        assert len(rows) == len(attempts)
        self.shown.append(attempts)
        return np.arange(len(attempts)) % self.every == 0


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.4])
def test_labels_are_flipped_where_they_are_learned(noise: float) -> None:
    notes = Notes()
    played = play(given(), {"it": notes}, [noise], (2, 1))[noise]["it"]
    assert len(notes.shown) == 2 * FOLDS
    truth = {each.attempt_id: each.p_success for each in given().attempts}
    for shown in notes.shown:
        wrong = [each.p_success != truth[each.attempt_id] for each in shown]
        assert abs(np.mean(wrong) - noise) < 0.1
    assert played.kept == 1.0
    assert abs(played.wrong - noise) < 0.05


def test_nothing_that_is_asked_is_shown_to_a_filter() -> None:
    notes = Notes()
    play(given(), {"it": notes}, [0.0], (1, 1))
    shown = [{attempt.problem for attempt in attempts} for attempts in notes.shown]
    held_out = [set(MADE.table.problems) - problems for problems in shown]
    assert sum(map(len, held_out)) == 80
    assert set.union(*held_out) == set(MADE.table.problems)


def test_true_labels_decide_what_advice_got() -> None:
    clean, noisy = (
        play(given(), {"all": everything}, [noise], (1, 1))[noise]["all"].success.mean()
        for noise in (0.0, 0.5)
    )
    assert clean > 0.85
    assert noisy < clean - 0.2


def test_who_keeps_little_learns_little() -> None:
    played = play(given(), {"all": everything, "few": Notes(40)}, [0.0], (2, 1))[0.0]
    scores = score(played)
    assert scores["few"].kept < 0.05
    assert scores["few"].difference["all"] < -0.1
    low, high = scores["few"].difference_ci95["all"]
    assert low < scores["few"].difference["all"] < high < 0
    assert scores["all"].difference_ci95["all"] == (0.0, 0.0)


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second, other = (
        play(given(), {"all": everything}, [0.3], (1, seed))[0.3]["all"].success
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_how_an_attempt_went_is_read_from_its_steps() -> None:
    stuck = labelled_log(logged("Error: no"), MADE.table, MADE.embeddings)
    assert {attempt.conduct for attempt in stuck.attempts} == {0.5}
    assert {attempt.conduct for attempt in given().attempts} == {1.0}
