"""Advice over HTTP: a hint as in schemas/json, or an abstention in time."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from pilotfish._sdk.transport.transport import MemoryTransport
from pilotfish.schemas.advice import HintGiven

ASKED = {"problem": "how many?", "approaches": {"plan": "plan first", "react": ""}}


def test_a_hint(client: TestClient, advisor: MemoryTransport) -> None:
    asked = {**ASKED, "problem_type": "sql", "attempt_id": "a1"}
    answer = client.post("/v1/advice", json=asked)
    hint = HintGiven.model_validate_json(answer.content)
    assert (hint.approach, hint.attempt_id, hint.tenant) == ("plan", "a1", "default")
    [request] = advisor.requests
    assert request.approaches == ASKED["approaches"]
    assert (request.problem_type, request.client_id) == ("sql", "door")


@pytest.mark.parametrize("attempt", [{}, {"attempt_id": None}])
def test_without_an_attempt_the_hint_has_a_new_one(
    client: TestClient, attempt: dict[str, None]
) -> None:
    hints = [client.post("/v1/advice", json=ASKED | attempt).json() for _ in range(2)]
    assert len({hint["attempt_id"] for hint in hints}) == 2


@pytest.mark.parametrize("named", [{}, {"approaches": None}, {"approaches": {}}])
def test_without_approaches_it_asks_for_a_strategy(
    client: TestClient, advisor: MemoryTransport, named: dict[str, Any]
) -> None:
    advisor.advise = lambda _: "plan-show-b54a57"
    hint = client.post("/v1/advice", json={"problem": "how many?"} | named).json()
    assert hint["approach"] == "plan-show-b54a57"
    [request] = advisor.requests
    assert request.approaches == {}
    assert hint["request_id"] == request.request_id


def test_with_steps_it_asks_what_to_do_next(
    client: TestClient, advisor: MemoryTransport
) -> None:
    advisor.advise = lambda _: "sql:describe"
    steps = [{"kind": "action", "name": "sql", "content": "SELECT 1"}]
    asked = {"problem": "how many?", "attempt_id": "a1", "steps": steps}
    hint = client.post("/v1/advice", json=asked).json()
    assert hint["approach"] == "sql:describe"
    assert hint["request_id"].endswith(":next")
    [request] = advisor.requests
    assert [step.model_dump() for step in request.steps] == steps


def test_after_the_deadline_it_abstains(
    client: TestClient, advisor: MemoryTransport
) -> None:
    advisor.advise = None
    answer = client.post("/v1/advice", json={**ASKED, "deadline_ms": 1})
    hint = HintGiven.model_validate_json(answer.content)
    assert (answer.status_code, hint.abstained) == (200, "deadline")
    assert hint.request_id == advisor.requests[0].request_id
    assert hint.attempt_id == advisor.requests[0].attempt_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"problem": "é" * 5000}, "problem"),
        ({"approaches": "plan"}, "approaches"),
        ({"approaches": {str(n): "" for n in range(65)}}, "approaches"),
        ({"tenant": "other"}, "tenant"),
        ({"client_id": "other"}, "client_id"),
        ({"reply_topic": "pilotfish.events"}, "reply_topic"),
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"deadline_ms": 10_001}, "deadline_ms"),
        ({"deadline_ms": "1"}, "deadline_ms"),
        ({"deadline_ms": True}, "deadline_ms"),
        ({"attempt_id": ""}, "attempt_id"),
        ({"steps": [{"kind": "action", "name": ""}]}, "steps.0.name"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(
    client: TestClient, advisor: MemoryTransport, change: dict[str, Any], field: str
) -> None:
    answer = client.post("/v1/advice", json=ASKED | change)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert advisor.requests == []
