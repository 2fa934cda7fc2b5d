"""Logs with propensities: as a policy wrote them, or as a file has them."""

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.policies.tallies import Thompson
from pilotfish.evaluation.protocols.propensity_log import of_attempts, written_by
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.errors import ConfigurationError, NothingToLearnError


class Fixed:
    """Chooses one approach with a propensity it names, or abstains."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision

    def choose(self, case: Case) -> Decision:
        return self.decision

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        pass


def test_a_policy_writes_what_it_chose_and_what_that_got() -> None:
    made = world(60)
    log = written_by(lambda _: Fixed(Decision("react", (), 0.4)), made, 0)
    assert sorted(log.row) == list(range(60)) and (np.diff(log.row) != 1).any()
    assert set(log.column) == {1} and set(log.propensity) == {0.4}
    assert (log.reward == made.table.outcomes[log.row, 1]).all()
    assert log.problems == made.table.problems and log.approaches == APPROACHES
    assert log.offered.all()


def test_who_abstains_leaves_an_even_choice() -> None:
    made = world(60)
    made.table.outcomes[:, 0] = np.nan
    log = written_by(lambda _: Fixed(Decision(None)), made, 0)
    assert set(log.propensity) == {0.5} and set(log.column) == {1, 2}
    assert not log.offered[:, 0].any()


def test_the_advisor_says_how_likely_its_choices_were() -> None:
    log = written_by(lambda _: FastAdvisor(16), world(300), 0)
    assert ((log.propensity > 0) & (log.propensity <= 1)).all()
    assert len(set(log.propensity)) > 20


def test_a_policy_that_does_not_say_how_likely_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not report propensities"):
        written_by(lambda rng: Thompson(rng, by_type=False), world(60), 0)


def attempt(number: int, propensity: float | None = 0.25) -> LoggedAttempt:
    return LoggedAttempt(
        problem=f"p{number // 2}",
        problem_type=f"k{number % 4 // 2}",
        approach="ab"[number % 2],
        success=number % 3 == 0,
        propensity=propensity,
    )


def test_a_file_gives_the_attempts_that_have_propensities() -> None:
    log = of_attempts([attempt(n, None if n == 7 else 0.25) for n in range(120)])
    assert len(log.problems) == 60 and log.approaches == ("a", "b")
    assert log.row.tolist() == [n // 2 for n in range(120) if n != 7]
    assert log.column.tolist() == [n % 2 for n in range(120) if n != 7]
    assert log.reward.tolist() == [float(n % 3 == 0) for n in range(120) if n != 7]
    assert log.kinds[:3] == ("k0", "k1", "k0") and set(log.propensity) == {0.25}


@pytest.mark.parametrize(
    ("attempts", "says"),
    [
        ([attempt(n, None) for n in range(120)], "0 different problems"),
        ([attempt(n) for n in range(98)], "49 different problems"),
        ([attempt(n) for n in range(0, 120, 2)], "used the approach 'a'"),
    ],
)
def test_a_file_that_cannot_score_anything_is_refused(
    attempts: list[LoggedAttempt], says: str
) -> None:
    with pytest.raises(NothingToLearnError, match=says):
        of_attempts(attempts)
