from pathlib import Path

import numpy as np
import pytest
from advice.asking import APPROACHES
from advice.tiny import DIM, tiny_bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotfish.advisors.head import FastHead
from pilotfish.consumers.advisor.loaded_advisor import (
    Encoders,
    LoadedAdvisor,
    serve_bundle,
)
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.errors import BundleError

ROW = np.eye(DIM, dtype=np.float32)[0]


@pytest.fixture
def serving(tmp_path: Path) -> LoadedAdvisor:
    head = FastHead(DIM)
    for _ in range(20):
        head.learn(ROW, "", "react", 1.0)
        head.learn(ROW, "", "plan", 0.0)
        head.learn(ROW, "", "direct", 0.0)
    return serve_bundle("t", tiny_bundle(tmp_path, "t", "v1", head), None, Encoders())


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


def test_a_hint_names_what_works_and_how_sure_it_is(serving: LoadedAdvisor) -> None:
    hint = serving.hint(request(problem_type="logic"), ROW, holdout=False)
    assert hint.approach == "react"
    assert hint.confidence is not None and hint.confidence > 0.8
    assert hint.kind == "logic" and '"logic"' in hint.text
    assert hint.advisor_version == "v1"


def test_a_hint_names_its_evidence(serving: LoadedAdvisor) -> None:
    for _ in range(8):
        serving.learning.state.records.count("logic", "react", 1.0)
    for _ in range(6):
        serving.learning.state.records.count("logic", "plan", 0.0)
    hint = serving.hint(request(problem_type="logic"), ROW, holdout=False)
    assert "worked in 8 of 8 similar attempts, others in 0 of 6" in hint.text
    assert 'avoid "plan" (0 of 6)' in hint.text
    counts = {one.approach: (one.attempts, one.successes) for one in hint.candidates}
    assert counts == {"react": (8, 8.0), "plan": (6, 0.0), "direct": (0, 0.0)}
    elsewhere = serving.hint(request(problem_type="sql"), ROW, holdout=False)
    assert "expected to succeed in" in elsewhere.text


def test_the_holdout_sees_the_same_candidates(serving: LoadedAdvisor) -> None:
    held = serving.hint(request(), ROW, holdout=True)
    hint = serving.hint(request(), ROW, holdout=False)
    assert held.candidates == hint.candidates
    assert (held.approach, held.text, held.abstained) == (None, "", "holdout")
    assert held.holdout and not hint.holdout


def test_where_cost_counts_the_cheap_one_is_advised(tmp_path: Path) -> None:
    head = FastHead(DIM)
    for _ in range(40):
        for approach in ("react", "plan"):
            head.learn(ROW, "", approach, 1.0)
        head.learn(ROW, "", "direct", 0.0)
    bundle = tiny_bundle(tmp_path, "t", "v1", head)

    def advised(cost_weight: float) -> list[str | None]:
        serving = serve_bundle("t", bundle, None, Encoders(), cost_weight)
        for approach, cost in (("react", 3.0), ("plan", 1.0), ("direct", 1.0)):
            serving.learning.state.costs.learn("", approach, cost)
        asked = [request(request_id=f"r{number}") for number in range(60)]
        hints = [serving.hint(one, ROW, holdout=False) for one in asked]
        assert all((hint.confidence or 0) > 0.8 for hint in hints if hint.approach)
        return [hint.approach for hint in hints]

    assert 15 < advised(0.0).count("react") < 45
    assert advised(0.2).count("plan") >= 55


def test_the_same_request_gets_the_same_answer(serving: LoadedAdvisor) -> None:
    chosen = {serving.hint(request(), ROW, holdout=False).approach for _ in range(9)}
    assert len(chosen) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=st.text(max_size=200), learned=st.text(min_size=1, max_size=200))
def test_no_text_of_a_problem_or_of_another_attempt_is_in_a_hint(
    serving: LoadedAdvisor, problem: str, learned: str
) -> None:
    """Only names and instructions that came with the request, and numbers, are said."""
    plain = serving.hint(request(), ROW, holdout=False)
    serving.learning.state.kinds.learn(ROW, learned)
    hint = serving.hint(request(problem=problem), ROW, holdout=False)
    assert hint.text == plain.text != ""


def test_an_encoder_is_opened_once_for_all_who_use_it(tmp_path: Path) -> None:
    bundle, encoders = tiny_bundle(tmp_path, "base", "v1"), Encoders()
    assert encoders.of(bundle) is encoders.of(bundle)
    (bundle.path / "head.safetensors").write_bytes(b"no head")
    with pytest.raises(BundleError, match="no fast head"):
        serve_bundle("t", bundle, None, encoders)
