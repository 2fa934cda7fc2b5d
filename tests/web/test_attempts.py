"""The verbs of an attempt: what is posted is an event, or one clear refusal."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher

from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.topics import EVENTS

STEP = {"kind": "action", "name": "sql", "content": "SELECT 1", "cost": 0.5}


def events(publisher: MemoryPublisher) -> list[Any]:
    return [event for _, event in publisher.published(EVENTS)]


def test_an_attempt_from_start_to_feedback(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    started = {"problem": "how many?", "problem_type": "sql", "agent": {"name": "ts"}}
    attempt = client.post("/v1/attempts", json=started).json()["attempt_id"]
    at = f"/v1/attempts/{attempt}"
    for path, body in (
        (f"{at}/steps", [STEP, {**STEP, "kind": "observation"}]),
        (f"{at}/signals", {"kind": "tests", "value": 7, "scale": 10}),
        (f"{at}/end", {"status": "succeeded", "approach": "plan"}),
        ("/v1/feedback", {"attempt_id": attempt, "value": 4, "scale": [1, 5]}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        assert answer.json()["attempt_id"] == attempt
    assert [type(event) for event in events(publisher)] == [
        AttemptStarted,
        StepRecorded,
        StepRecorded,
        SignalRecorded,
        AttemptEnded,
        FeedbackGiven,
    ]
    assert {key for key, _ in publisher.published(EVENTS)} == {attempt}
    assert len({event.event_id for event in events(publisher)}) == 6


def test_ids_and_times_of_the_client_are_kept(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    given = {"attempt_id": "mine/1", "event_id": "e1", "at": "2026-03-01T12:00:00Z"}
    assert client.post("/v1/attempts", json={"problem": "p", **given}).is_success
    assert client.post("/v1/attempts/mine/1/steps", json=STEP).is_success
    first, second = events(publisher)
    assert (first.event_id, first.at.isoformat()) == ("e1", "2026-03-01T12:00:00+00:00")
    assert first.attempt_id == second.attempt_id == "mine/1"


def test_a_retry_with_its_key_has_the_same_ids(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    def post(path: str, body: Any, key: str) -> Any:
        headers = {"idempotency-key": key}
        return client.post(path, json=body, headers=headers).json()

    started = {"problem": "p"}
    first, again = (post("/v1/attempts", started, "k1") for _ in range(2))
    assert first == again
    assert post("/v1/attempts", started, "k2") != first
    at = f"/v1/attempts/{first['attempt_id']}"
    steps, retried = (post(f"{at}/steps", [STEP, STEP], "k1") for _ in range(2))
    assert steps == retried
    assert len(set(steps["event_ids"])) == 2
    assert not set(steps["event_ids"]) & set(first["event_ids"])
    assert post(f"{at}/signals", {"kind": "retry"}, "k1") != retried
    assert len(events(publisher)) == 8


def test_keys_of_two_tenants_do_not_meet(guarded: TestClient) -> None:
    ids = {
        guarded.post(
            "/v1/attempts",
            json={"problem": "p"},
            headers={
                "idempotency-key": "k",
                "authorization": f"Bearer t0ken-of-{tenant}-123456",
            },
        ).json()["attempt_id"]
        for tenant in ("acme", "beta")
    }
    assert len(ids) == 2


def test_the_answer_of_advice_marks_the_end(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    asked = {"problem": "p", "approaches": {"plan": "plan first", "react": ""}}
    hint = client.post("/v1/advice", json=asked).json()
    path = f"/v1/attempts/{hint['attempt_id']}/end"
    assert client.post(path, json={"status": "failed", "hint": hint}).is_success
    [end] = events(publisher)
    assert end.approach == end.hint.approach == "plan"
    assert end.hint.request_id == hint["request_id"]
    assert end.hint.propensity == 1.0
    mark = end.hint.model_dump()
    used = {"status": "failed", "hint": mark, "approach": "react"}
    assert client.post(path, json=used).is_success
    assert events(publisher)[1].hint == end.hint
    assert events(publisher)[1].approach == "react"


def test_a_strategy_that_was_advised_is_not_the_approach_of_the_attempt(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    hint = client.post("/v1/advice", json={"problem": "p"}).json()
    path = f"/v1/attempts/{hint['attempt_id']}/end"
    ended = {"status": "failed", "hint": hint}
    assert client.post(path, json=ended).is_success
    assert client.post(path, json=ended | {"approach": "react"}).is_success
    first, second = events(publisher)
    assert first.hint.approach == second.hint.approach == "plan"
    assert (first.approach, second.approach) == (None, "react")


REFUSED = [
    ("/v1/attempts", {}, "problem", "Field required"),
    ("/v1/attempts", [], "", "must be a JSON object"),
    ("/v1/attempts", {"problem": "p", "tenant": "other"}, "tenant", "leave it out"),
    ("/v1/attempts", {"problem": "p", "odd": 1}, "odd", "Extra inputs"),
    ("/v1/attempts", {"problem": "p", "at": "1970-01-01T00:00:00Z"}, "at", "2020"),
    ("/v1/attempts", {"problem": "p", "attempt_id": " "}, "attempt_id", "pattern"),
    (
        "/v1/attempts",
        {"problem": "p", "attributes": {"a": "x" * 1_100_000}},
        "",
        "at most 1048576 are allowed",
    ),
    ("/v1/attempts/a b/steps", STEP, "attempt_id", "pattern"),
    ("/v1/attempts/a/steps", [], "", "empty"),
    ("/v1/attempts/a/steps", [STEP] * 4001, "", "more than 4000"),
    ("/v1/attempts/a/steps", [STEP, 7], "1", "must be a JSON object"),
    ("/v1/attempts/a/steps", [STEP, {**STEP, "cost": -1}], "1.cost", "greater than"),
    ("/v1/attempts/a/steps", {**STEP, "attempt_id": "b"}, "attempt_id", "leave it out"),
    ("/v1/attempts/a/signals", {"kind": "thumbs", "value": 7}, "", "thumbs"),
    ("/v1/attempts/a/end", {"status": "won"}, "status", "'succeeded'"),
    ("/v1/attempts/a/end", [{"status": "failed"}], "", "must be a JSON object"),
    (
        "/v1/attempts/a/end",
        {"status": "failed", "hint": {"client_id": "c"}},
        "hint.request_id",
        "Field required",
    ),
    ("/v1/feedback", {"value": 1}, "attempt_id", "Field required"),
]


@pytest.mark.parametrize(("path", "body", "field", "reason"), REFUSED)
def test_a_field_that_cannot_be_taken_is_named(
    client: TestClient,
    publisher: MemoryPublisher,
    path: str,
    body: Any,
    field: str,
    reason: str,
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert reason in answer.json()["reason"]
    assert events(publisher) == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"[" * 5000, b'"\\ud800"'])
def test_what_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/v1/attempts", content=body, headers=headers)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["reason"]


def test_other_methods_types_and_paths(client: TestClient) -> None:
    assert client.get("/v1/attempts").status_code == 405
    assert client.post("/v1/attempt", json={}).status_code == 404
    assert client.post("/v1/attempts", content=b"{}").status_code == 415


def test_a_step_that_json_makes_too_large_is_cut(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    step = {**STEP, "content": "\0" * 200_000}
    assert client.post("/v1/attempts/a/steps", json=step).is_success
    [cut] = events(publisher)
    assert cut.truncated


def test_nothing_is_said_before_kafka_has_it(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    publisher.failure = UnavailableError("Kafka does not answer")
    answer = client.post("/v1/attempts", json={"problem": "p"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {"reason": "Kafka does not answer"}
