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


def test_votes_are_by_name_without_abstentions() -> None:
    @labelling_function
    def cheap(attempt: Attempt) -> float | None:
        return SUCCESS if attempt.cost < 1 else ABSTAIN

    @labelling_function
    def apologised(attempt: Attempt) -> float | None:
        return FAILURE if "apologise" in (attempt.answer or "") else ABSTAIN

    assert apologised(Attempt(answer="I apologise")) == FAILURE
    assert votes(Attempt(answer="I apologise")) == {"cheap": 1.0, "apologised": 0.0}
    assert votes(Attempt(cost=2)) == {}


@pytest.mark.parametrize("returned", [1.5, -0.1, float("nan"), "yes"])
def test_a_value_that_is_no_probability_is_no_vote(returned: object) -> None:
    @labelling_function
    def odd(_: Attempt) -> float | None:
        return returned  # type: ignore[return-value]

    assert votes(Attempt()) == {}


def test_a_function_that_raises_abstains() -> None:
    @labelling_function
    def broken(attempt: Attempt) -> float | None:
        return 1 / attempt.steps

    assert votes(Attempt()) == {}
    assert votes(Attempt(steps=2)) == {"broken": 0.5}


def test_two_functions_with_the_same_name_are_refused() -> None:
    def make() -> labelling.LabellingFunction:
        def twin(_: Attempt) -> float | None:
            return None

        return twin

    first = labelling_function(make())
    assert labelling_function(first) is first
    with pytest.raises(ConfigurationError, match="called twin: rename"):
        labelling_function(make())


def test_functions_are_registered_only_by_the_decorator() -> None:
    with pytest.raises(TypeError):
        FUNCTIONS["mine"] = lambda _: None  # type: ignore[index]
