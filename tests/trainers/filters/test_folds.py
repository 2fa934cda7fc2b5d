"""Folds of a training set."""

from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.filters.folds import FOLDS, folds


def test_a_problem_is_in_one_fold_however_it_is_written() -> None:
    texts = ["Sort these", "sort  THESE ", "Sort those"]
    tried = [Attempt(text, text, "", "plan", 1.0) for text in texts]
    first, second, _ = folds(tried)
    assert first == second


def test_folds_are_about_equally_large() -> None:
    tried = [Attempt(f"{n}", f"problem {n}", "", "plan", 1.0) for n in range(2000)]
    found = folds(tried).tolist()
    assert all(330 < found.count(fold) < 470 for fold in range(FOLDS))
