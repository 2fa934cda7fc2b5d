from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.advice.asking import APPROACHES
from support.advice.tiny import DIM

from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.next_choice import NextMove, next_move
from pilotfish.advisors.records import Record
from pilotfish.advisors.state import AdvisorState
from pilotfish.consumers.advisor.hints import abstention, hint_of, next_hint_of
from pilotfish.schemas.advice import (
    MAX_APPROACHES,
    AdviceRequested,
    Candidate,
    HintGiven,
)

ROW = np.eye(DIM, dtype=np.float32)[0]


class OneRow:
    """Embeds every text alike."""

    def embed(self, texts: Sequence[str]) -> Embeddings:
        return np.tile(ROW, (len(texts), 1))


@pytest.fixture
def advisor() -> Advisor:
    head = FastHead(DIM)
    for _ in range(20):
        head.learn(ROW, "", "react", 1.0)
        head.learn(ROW, "", "plan", 0.0)
        head.learn(ROW, "", "direct", 0.0)
    return Advisor(AdvisorState.of_head(head), OneRow())


def request(**changes: object) -> AdviceRequested:
    fields = {
        "request_id": "r1",
        "tenant": "t",
        "client_id": "c1",
        "problem": "w1",
        "approaches": APPROACHES,
        "reply_topic": "x",
        "reply_partition": 0,
    }
    return AdviceRequested.model_validate({**fields, **changes})


def answer(
    advisor: Advisor, question: AdviceRequested, *, holdout: bool = False
) -> HintGiven:
    return hint_of(question, advisor.advise(question), "v1", holdout=holdout)


def test_a_hint_names_what_works_and_how_sure_it_is(advisor: Advisor) -> None:
    hint = answer(advisor, request(problem_type="logic"))
    assert hint.approach == "react"
    assert hint.confidence is not None and hint.confidence > 0.8
    assert hint.kind == "logic" and '"logic"' in hint.text
    assert hint.advisor_version == "v1"


def test_a_hint_names_its_evidence(advisor: Advisor) -> None:
    for _ in range(8):
        advisor.state.records.count("logic", "react", 1.0)
    for _ in range(6):
        advisor.state.records.count("logic", "plan", 0.0)
    hint = answer(advisor, request(problem_type="logic"))
    assert "worked in 8 of 8 similar attempts, others in 0 of 6" in hint.text
    assert 'avoid "plan" (0 of 6)' in hint.text
    counts = {
        each.approach: (each.attempts, each.successes) for each in hint.candidates
    }
    assert counts == {"react": (8, 8.0), "plan": (6, 0.0), "direct": (0, 0.0)}
    elsewhere = answer(advisor, request(problem_type="sql"))
    assert "expected to succeed in" in elsewhere.text


def test_the_holdout_sees_the_same_candidates(advisor: Advisor) -> None:
    held = answer(advisor, request(), holdout=True)
    hint = answer(advisor, request())
    assert held.candidates == hint.candidates
    assert (held.approach, held.text, held.abstained) == (None, "", "holdout")
    assert held.holdout and not hint.holdout


def test_an_abstention_says_why_but_stays_in_the_holdout() -> None:
    late = abstention(request(), "deadline", "read 9 s late", holdout=False)
    assert (late.abstained, late.detail) == ("deadline", "read 9 s late")
    held = abstention(request(), "deadline", "read 9 s late", holdout=True)
    assert (held.abstained, held.holdout) == ("holdout", True)


def going_on(**counts: tuple[int, float]) -> NextMove:
    """What followed on `plan`: how many attempts did what, and how many succeeded."""
    records = {move: Record(*each) for move, each in counts.items()}
    return next_move("sql", ("plan",), records)


def test_a_next_move_is_the_hint_s_approach_with_its_counts() -> None:
    answer = going_on(look=(30, 22.0), guess=(40, 9.0))
    hint = next_hint_of(request(), answer, "v1", holdout=False)
    assert (hint.approach, hint.kind, hint.propensity) == ("look", "sql", 1.0)
    assert "22 of 30" in hint.text and hint.confidence == pytest.approx(22 / 30)
    counts = {
        each.approach: (each.attempts, each.propensity) for each in hint.candidates
    }
    assert counts == {"look": (30, 1.0), "guess": (40, 0.0)}


def test_the_holdout_has_on_record_what_it_was_not_told() -> None:
    answer = going_on(look=(30, 22.0), guess=(40, 9.0))
    held = next_hint_of(request(), answer, "v1", holdout=True)
    assert (held.approach, held.text, held.detail) == (None, "", "")
    assert (held.abstained, held.holdout) == ("holdout", True)
    assert held.candidates[0] == Candidate(
        approach="look", p_success=22 / 30, propensity=1.0, attempts=30, successes=22.0
    )


def test_unclear_next_moves_are_an_abstention_with_what_is_known() -> None:
    hint = next_hint_of(request(), going_on(look=(9, 9.0)), "v1", holdout=False)
    assert (hint.abstained, hint.text) == ("unsure", "")
    assert "9 attempts" in hint.detail
    assert [each.propensity for each in hint.candidates] == [0.0]


def test_of_very_many_next_moves_the_most_frequent_ones_are_on_record() -> None:
    many = {f"move{n}": (100 + n, 10.0) for n in range(100)}
    answer = going_on(look=(30, 30.0), **many)
    hint = next_hint_of(request(), answer, "v1", holdout=False)
    assert len(hint.candidates) == MAX_APPROACHES
    assert [each.approach for each in hint.candidates[:2]] == ["look", "move99"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=st.text(max_size=200), learned=st.text(min_size=1, max_size=200))
def test_no_text_of_a_problem_or_of_another_attempt_is_in_a_hint(
    advisor: Advisor, problem: str, learned: str
) -> None:
    """Only names and instructions that came with the request, and numbers, are said."""
    plain = answer(advisor, request())
    advisor.state.kinds.learn(ROW, learned)
    hint = answer(advisor, request(problem=problem))
    assert hint.text == plain.text != ""
