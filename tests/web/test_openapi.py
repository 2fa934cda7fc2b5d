"""The OpenAPI document says what the door does."""

from starlette.routing import Route
from starlette.testclient import TestClient

from pilotfish.web.entry import PAGES
from pilotfish.web.openapi import document

UNDESCRIBED = {"/openapi.json", "/healthz", "/readyz", "/mcp", "/", PAGES}
"""Besides these the pages that people look at."""


def test_every_path_is_described(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described == document()
    routes = {
        route.path.replace(":path", "")
        for route in client.app.routes  # type: ignore[attr-defined]
        if isinstance(route, Route) and not route.path.startswith(f"{PAGES}/")
    }
    assert routes - UNDESCRIBED == set(described["paths"])


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def references(value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(references, value))
        if not isinstance(value, dict):
            return set()
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))

    known = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert references(whole) <= known


def test_what_the_token_and_the_path_say_is_not_in_bodies() -> None:
    parts = document()["components"]["schemas"]
    assert "tenant" not in parts["AttemptStarted"]["properties"]
    assert "attempt_id" not in parts["StepRecorded"]["properties"]
    assert parts["AttemptStarted"]["required"] == ["problem"]
    assert parts["FeedbackGiven"]["required"] == ["attempt_id", "value"]
    assert "deadline_ms" in parts["AdviceRequested"]["properties"]
    assert parts["AdviceRequested"]["required"] == ["problem"]
