import inspect
import pickle

import pytest

from pilotfish.schemas import errors
from pilotfish.schemas.errors import PilotfishError, UnavailableError

ERRORS = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, Exception)
]


def tree() -> dict[str, int]:
    """Return the names in the tree in the module's docstring, with their depth."""
    lines = (errors.__doc__ or "").splitlines()
    drawn = [line for line in lines if line.startswith(("P", "├", "└", "│"))]
    depths = {}
    for line in drawn:
        name = line.lstrip("│├└─ ").split()[0]
        depths[name] = line.index(name) // 4
    return depths


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_one_of_ours_and_in_the_tree(error: type[Exception]) -> None:
    assert issubclass(error, PilotfishError)
    assert tree()[error.__name__] == error.__mro__.index(PilotfishError)


def test_the_tree_names_no_other_errors() -> None:
    assert set(tree()) == {error.__name__ for error in ERRORS}


def test_an_error_says_when_to_try_again() -> None:
    assert UnavailableError("no answer").retry_after_s == 1.0
    assert UnavailableError("no answer", 5).retry_after_s == 5


@pytest.mark.parametrize("error", ERRORS)
def test_errors_cross_processes(error: type[Exception]) -> None:
    assert str(pickle.loads(pickle.dumps(error("why")))) == "why"
