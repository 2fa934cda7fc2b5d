"""The advisor's own promises; what a label teaches is in test_fast_learning.py."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from support.advice.asking import label
from support.advice.tiny import DIM, EARLY

from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import choose
from pilotfish.advisors.state import AdvisorState
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.labels import PlacedLabel

SETTINGS = Settings(tenant="t")


class Question(NamedTuple):
    """The least that a request must say."""

    request_id: str = "r1"
    problem: str = "w1"
    problem_type: str = ""
    approaches: tuple[str, ...] = ("react", "plan", "direct")


class ByLength:
    """Embeds a text on the axis of its length, and notes each run."""

    def __init__(self) -> None:
        self.runs: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Embeddings:
        self.runs.append(list(texts))
        return np.eye(DIM, dtype=np.float32)[[len(text) % DIM for text in texts]]


def fresh(cost_weight: float = 0.0) -> Advisor:
    state = AdvisorState.of_head(FastHead(DIM))
    return Advisor(state, ByLength(), cost_weight=cost_weight)


def placed(number: int, **changes: object) -> PlacedLabel:
    fields = {"problem": "w1", **changes}
    return PlacedLabel(label(SETTINGS, number, **fields), 0, number, EARLY)


def test_what_was_learned_is_advised() -> None:
    advisor = fresh()
    assert advisor.advise(Question()).approach is None
    for number in range(30):
        approach = ("react", "plan", "direct")[number % 3]
        p_success = float(approach == "react")
        assert advisor.learn(placed(number, approach=approach, p_success=p_success))
    advice = advisor.advise(Question())
    assert advice.approach == "react"
    assert advice.propensity is not None and advice.propensity > 0.9
    assert advice.p_success[0] > 0.7
    assert max(advice.p_success[1:]) < 0.4
    assert [record.attempts for record in advice.records] == [10, 10, 10]
    assert sum(advice.propensities) == pytest.approx(1)


def test_what_nobody_follows_is_not_advised() -> None:
    """Who is advised `direct` does `plan`, and its three attempts all worked."""

    def advised(follows: bool) -> str | None:
        advisor = fresh()
        for number in range(90):
            tried = ("react", "plan", "direct" if number < 9 else "plan")[number % 3]
            successes = {"react": number % 2, "plan": 0, "direct": 1}
            hint = HintMark(request_id=f"r{number}", approach="direct", propensity=1)
            advisor.learn(
                placed(
                    number,
                    approach=tried,
                    p_success=float(successes[tried]),
                    hint=None if follows or tried != "plan" else hint,
                )
            )
        return advisor.advise(Question()).approach

    assert advised(follows=True) == "direct"
    assert advised(follows=False) == "react"


def test_the_same_request_gets_the_same_advice() -> None:
    advisor = fresh()
    advisor.learn_all([placed(0), placed(1, approach="plan")])
    assert len({advisor.advise(Question()) for _ in range(9)}) == 1


def test_a_label_is_learned_once_however_often_it_is_read() -> None:
    advisor = fresh()
    assert advisor.learn(placed(3))
    assert not advisor.learn(placed(3)) and not advisor.learn(placed(2))
    advisor.read_up_to({0: 9, 1: 4})
    assert advisor.state.offsets == {0: 9, 1: 4}
    assert not advisor.learn(placed(8)) and advisor.learn(placed(9))


def test_labels_that_are_learned_together_are_embedded_in_one_run() -> None:
    embedder = ByLength()
    advisor = Advisor(AdvisorState.of_head(FastHead(DIM)), embedder)
    advisor.learn_all([placed(0), placed(1, problem="w22")])
    assert embedder.runs[0] == ["w1", "w22"]


def test_where_cost_counts_the_cheap_one_is_advised() -> None:
    costs = {"react": 3.0, "plan": 1.0, "direct": 1.0}

    def advised(cost_weight: float) -> list[str | None]:
        advisor = fresh(cost_weight)
        for number in range(120):
            approach = tuple(costs)[number % 3]
            p_success = float(approach != "direct")
            cost = costs[approach]
            advisor.learn(
                placed(number, approach=approach, p_success=p_success, cost=cost)
            )
        advice = [advisor.advise(Question(f"r{number}")) for number in range(60)]
        for each in advice:
            assert each.chosen is None or each.p_success[each.chosen] > 0.8
        return [each.approach for each in advice]

    assert 15 < advised(0.0).count("react") < 45
    assert advised(0.2).count("plan") >= 55


def test_propensities_are_those_of_the_draw() -> None:
    advisor = fresh()
    advisor.learn_all([placed(0), placed(1, approach="plan", p_success=0.0)])
    row = np.eye(DIM, dtype=np.float32)[len("w1")]
    means, sds = advisor.state.head.predict(row, "", list(Question().approaches))
    expected = choose(list(means), list(sds), "r1")
    advice = advisor.advise(Question())
    assert (advice.chosen, advice.propensities) == (
        expected.chosen,
        expected.propensities,
    )
