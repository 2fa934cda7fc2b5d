"""Who gets in: tenants by their tokens; without tokens, programs of this machine only."""

import base64

import pytest
from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher
from support.otlp import export_request

from pilotfish.schemas.topics import EVENTS, TRACES

ATTEMPT = {"problem": "how many?"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("tenant", ["acme", "beta"])
def test_the_tenant_is_that_of_the_token(
    guarded: TestClient, publisher: MemoryPublisher, tenant: str
) -> None:
    headers = bearer(f"t0ken-of-{tenant}-123456")
    answer = guarded.post("/v1/attempts", json=ATTEMPT, headers=headers)
    assert answer.status_code == 202
    [(_, event)] = publisher.published(EVENTS)
    assert event.model_dump()["tenant"] == tenant


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("t0ken-of-acme-12345"),
        bearer("t0ken-of-acme-1234567"),
        {"authorization": "Basic t0ken-of-acme-123456"},
        {"authorization": "t0ken-of-acme-123456"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/attempts", "/v1/traces", "/mcp", "/nothing"])
def test_nothing_is_open_without_a_known_token(
    guarded: TestClient, publisher: MemoryPublisher, path: str, headers: dict[str, str]
) -> None:
    body = export_request().SerializeToString()
    answer = guarded.post(path, content=body, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert publisher.published(TRACES) == []


def basic(token: str) -> dict[str, str]:
    pair = base64.b64encode(f"anyone:{token}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def test_a_browser_asks_its_user_for_the_token(guarded: TestClient) -> None:
    answer = guarded.get("/console/help")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    known, unknown = basic("t0ken-of-acme-123456"), basic("t0ken-of-acme-1234567")
    assert guarded.get("/console/works", headers=known).status_code == 200
    for refused in (unknown, basic(""), {"authorization": "Basic anyone:x"}):
        assert guarded.get("/console/works", headers=refused).status_code == 401


def test_probes_ask_for_no_token(guarded: TestClient) -> None:
    assert guarded.get("/healthz").json() == {"ok": True, "why": []}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://page.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"host": "rebound.example"},
        {"host": "rebound.example:4318"},
        {"host": "127.0.0.1.rebound.example"},
        {"host": ""},
    ],
)
def test_no_web_page_gets_in_where_no_token_is_asked_for(
    client: TestClient, publisher: MemoryPublisher, headers: dict[str, str]
) -> None:
    answer = client.post("/v1/attempts", json=ATTEMPT, headers=headers)
    assert answer.status_code == 403
    assert "no web page" in answer.json()["reason"]
    assert publisher.published(EVENTS) == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4318", "localhost", "LOCALHOST:1", "[::1]:4318"]
)
def test_programs_of_this_machine_get_in(client: TestClient, host: str) -> None:
    answer = client.post("/v1/attempts", json=ATTEMPT, headers={"host": host})
    assert answer.status_code == 202
