import pytest

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.streams import labelling
from pilotfish.streams.labelling import (
    ABSTAIN,
    FAILURE,
    FUNCTIONS,
    SUCCESS,
    Attempt,
    labelling_function,
    votes,
)


@pytest.fixture(autouse=True)
def _nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "_FUNCTIONS", {})


def test_functions_vote_by_their_names_and_who_abstains_is_not_heard() -> None:
    @labelling_function
    def cheap(attempt: Attempt) -> float | None:
        return SUCCESS if attempt.cost < 1 else ABSTAIN

    @labelling_function
    def apologised(attempt: Attempt) -> float | None:
        return FAILURE if "apologise" in (attempt.answer or "") else ABSTAIN

    assert apologised(Attempt(answer="I apologise")) == FAILURE
    assert votes(Attempt(answer="I apologise")) == {"cheap": 1.0, "apologised": 0.0}
    assert votes(Attempt(cost=2)) == {}


@pytest.mark.parametrize("word", [1.5, -0.1, float("nan"), "yes"])
def test_what_is_no_probability_is_no_vote(word: object) -> None:
    @labelling_function
    def odd(_: Attempt) -> float | None:
        return word  # type: ignore[return-value]

    assert votes(Attempt()) == {}


def test_a_function_that_raises_abstains() -> None:
    @labelling_function
    def broken(attempt: Attempt) -> float | None:
        return 1 / attempt.steps

    assert votes(Attempt()) == {}
    assert votes(Attempt(steps=2)) == {"broken": 0.5}


def test_two_functions_of_one_name_are_refused() -> None:
    def make() -> labelling.LabellingFunction:
        def twin(_: Attempt) -> float | None:
            return None

        return twin

    first = labelling_function(make())
    assert labelling_function(first) is first
    with pytest.raises(ConfigurationError, match="called twin: rename"):
        labelling_function(make())


def test_nobody_registers_behind_the_decorators_back() -> None:
    with pytest.raises(TypeError):
        FUNCTIONS["mine"] = lambda _: None  # type: ignore[index]
