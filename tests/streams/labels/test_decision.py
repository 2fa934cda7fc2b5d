import pytest

from pilotfish.streams.labelling import Attempt
from pilotfish.streams.labels.decision import decide, teach
from pilotfish.streams.labels.model import READY_ATTEMPTS, LabelModel
from pilotfish.streams.labels.rules import END, MODEL, RULES, Label, Signal, label

JUDGED = Attempt(signals=(Signal("judge", 1.0),))


def taught() -> LabelModel:
    """Return a model that has learned: the judge is random, loops mean failure."""
    model = LabelModel()
    for number in range(4 * READY_ATTEMPTS):
        truth, judge = bool(number % 2), bool(number % 4 // 2)
        loop = {} if number % 8 else {"action_loop": False}
        model.learn({"judge_score": judge, "verifier": truth, **loop}, truth)
    assert model.ready
    return model


def test_before_the_model_knows_its_sources_the_rules_decide() -> None:
    assert decide(JUDGED, {"judge_score": 1.0}, LabelModel()) == Label(1.0, by=RULES)


def test_then_the_model_decides() -> None:
    decided = decide(JUDGED, {"judge_score": 1.0}, taught())
    assert decided.by == MODEL
    assert decided.p_success == pytest.approx(0.6, abs=0.15)
    worse = decide(JUDGED, {"judge_score": 1.0, "action_loop": 0.0}, taught())
    assert worse.p_success is not None and worse.p_success < 0.1


def test_a_source_that_always_votes_alone_is_judged_by_the_rules() -> None:
    model = taught()
    for _ in range(500):
        model.learn({"exit_code": True})
    lone = Attempt(signals=(Signal("exit_code", 0.0),))
    assert decide(lone, {"exit_code": 1.0}, model) == label(lone.status, lone.signals)
    for number in range(100):
        model.learn({"exit_code": True, "judge_score": bool(number % 3)})
    assert decide(lone, {"exit_code": 1.0}, model).by == MODEL


def test_weak_evidence_alone_makes_a_label_where_the_rules_abstain() -> None:
    circling = Attempt(repeats=5)
    assert decide(circling, {"action_loop": 0.0}, LabelModel()).p_success is None
    assert decide(circling, {"action_loop": 0.0}, taught()).outcome == "failure"


@pytest.mark.parametrize("votes", [{"human_feedback": 1.0}, {"explicit_outcome": 1.0}])
def test_a_stated_outcome_is_the_label(votes: dict[str, float]) -> None:
    stated = Attempt("succeeded", signals=(Signal("explicit", 1.0, END),))
    decided = decide(stated, {**votes, "verifier": 0.0}, taught())
    assert decided == Label(1.0, by=RULES)


def test_if_infrastructure_failed_the_label_abstains_and_nothing_is_learned() -> None:
    failed = Attempt("infrastructure", signals=(Signal("judge", 1.0),))
    model, untouched = taught(), taught()
    votes = {"judge_score": 1.0}
    assert decide(failed, votes, model) == Label(None, "infrastructure")
    teach(failed, None, votes, model)
    assert model == untouched


def test_without_votes_nothing_is_decided_or_learned() -> None:
    model = taught()
    assert decide(Attempt(), {}, model) == Label(None, "no evidence")
    assert decide(JUDGED, {"judge_score": 0.5}, model).by == RULES
    teach(Attempt(), None, {}, model)
    assert model == taught()


def test_a_revision_teaches_only_a_new_stated_outcome() -> None:
    model = LabelModel()
    first = {"judge_score": 1.0}
    teach(JUDGED, None, first, model)
    teach(JUDGED, first, {**first, "verifier": 1.0}, model)
    assert model.attempts == 1
    revised = {**first, "human_feedback": 0.0}
    teach(JUDGED, first, revised, model)
    assert model.attempts == 2
    teach(JUDGED, revised, {**revised, "thumbs": 1.0}, model)
    assert model.attempts == 2
    failures, successes = model.sources["judge_score"]
    assert failures[True] > successes[True]


def test_feedback_outweighs_the_outcome_given_by_the_agent() -> None:
    model = LabelModel()
    votes = {"explicit_outcome": 1.0, "human_feedback": 0.0, "judge_score": 1.0}
    teach(JUDGED, None, votes, model)
    assert model.classes[0] > model.classes[1]
