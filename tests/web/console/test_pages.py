"""The pages, as a browser gets them: empty, with data, and with hostile text in it."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.console_rows import BEGUN, ConsoleRows

from pilotfish.runtime.settings import Settings
from pilotfish.web.console.page import HEADERS
from pilotfish.web.console.reading import ClickHouseReading
from pilotfish.web.console.routes import PAGES, routes
from pilotfish.web.entry import Entry
from pilotfish.web.tenants import Tenants

IN_MENU = [page for page in PAGES if page.in_menu]
HOSTILE = (
    "</title></pre><script>alert(1)</script><svg onload=alert(2)>"
    "<img src=x onerror=alert(3)>\u202e{{ 7 * 7 }}" + "x" * 200_000
)


@pytest.mark.parametrize("page", IN_MENU, ids=lambda page: page.name)
def test_without_any_data_a_page_says_what_to_do(
    pages: TestClient, page: object
) -> None:
    answer = pages.get(page.path)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    assert "verdict unknown" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


def test_the_first_page_is_at_the_root(pages: TestClient) -> None:
    for path in ("/", "/console"):
        assert pages.get(path).url.path == "/console/help"


def test_the_first_page_says_whether_advice_helps(
    pages: TestClient, rows: ConsoleRows
) -> None:
    rows.asked(200, 150, holdout=False)
    rows.asked(40, 10, holdout=True)
    rows.attempts(7, 0, p_success=None, abstained="no evidence")
    page = pages.get("/console/help").text
    assert "Advice helps: <strong>+50 points</strong>" in page
    assert page.count("<circle") == 12
    told = pages.get("/console/help?format=json").json()
    assert (told["verdict"], told["asked"], told["labelled"]) == ("helps", 240, 240)
    assert told["all"]["advised"]["rate"] == 0.75
    assert told["all"]["interval"][0] > 0.3
    assert [row["kind"] for row in told["by_kind"]] == ["sql"]
    assert told["advised_cost"] == 0.5 and told["advised_s"] == 2.0
    assert told["teach_nothing"] == [{"reason": "no evidence", "attempts": 7}]
    assert sum(part["advised"]["attempts"] for part in told["over_time"]) == 200


@pytest.mark.parametrize(
    ("missing", "columns"),
    [
        ("labels", {"p_success": None, "abstained": "no evidence"}),
        ("questions", {}),
        ("holdout", {"hint_request_id": "r"}),
    ],
)
def test_what_is_missing_is_said(
    pages: TestClient, rows: ConsoleRows, missing: str, columns: dict[str, object]
) -> None:
    rows.attempts(9, 3, **columns)
    assert pages.get("/console/help?format=json").json()["missing"] == missing
    assert "verdict unknown" in pages.get("/console/help").text


def test_what_works_names_the_best_and_the_most_used(
    pages: TestClient, rows: ConsoleRows
) -> None:
    play = {"group_id": "g1", "weight": 20.0, "cost": 1.0, "version": 1}
    rows.write("groups", group_id="g1", name="older heads", version=1)
    for approach, p, trend in (("plan", 0.9, 0.0), ("guess", 0.2, -0.5)):
        numbers = {"attempts": 20, "p_success": p, "low": p - 0.1, "high": p + 0.1}
        rows.write("playbook", approach=approach, trend=trend, **play, **numbers)
    rows.write("clusters", cluster="c", embedder="e", group_id="g1", version=1)
    for number in range(5):
        rows.write(
            "memory",
            attempt_id=f"m{number}",
            at=BEGUN + timedelta(seconds=number),
            problem="Which heads?",
            approach="guess" if number else "plan",
            cluster="c",
            embedder="e",
            outcome="failure",
            embedding=[1.0] + [0.0] * 383,
        )
    [kind] = pages.get("/console/works?format=json").json()["kinds"]
    assert (kind["best"], kind["most_used"], kind["attempts"]) == ("plan", "guess", 5)
    assert kind["worse"] and kind["trend"] == pytest.approx(-0.25)
    page = pages.get("/console/works").text
    assert "gets worse: -25 points" in page
    assert 'href="/console/kinds/g1"' in page
    one = pages.get("/console/kinds/g1")
    assert "older heads" in one.text and one.text.count("Which heads?") == 5
    assert pages.get("/console/kinds/other").status_code == 404


def test_an_attempt_shows_its_steps_and_its_hint(
    pages: TestClient, rows: ConsoleRows
) -> None:
    rows.attempts(
        *(1, 1),
        hint_request_id="r1",
        hint_approach="plan",
        evidence=json.dumps([{"kind": "tests", "value": 0.9, "source": "ci"}]),
    )
    attempt = f"{rows.tenant}-00001"
    for number, kind in enumerate(("thought", "action")):
        rows.write(
            "events",
            attempt_id=attempt,
            event_id=f"e{number}",
            event="StepRecorded",
            at=BEGUN + timedelta(seconds=number),
            kind=kind,
            name="sql",
            content=f"step {number}",
        )
    for span, parent in (("b", "a"), ("a", ""), ("c", "b")):
        rows.write("spans", trace_id=attempt, span_id=span, parent_id=parent, name=span)
    told = pages.get(f"/console/attempts/{attempt}?format=json").json()
    assert told["followed"] == "followed"
    assert [event["content"] for event in told["events"]] == ["step 0", "step 1"]
    assert [(s["name"], s["depth"]) for s in told["spans"]] == [
        ("a", 0),
        ("b", 1),
        ("c", 2),
    ]
    page = pages.get(f"/console/attempts/{attempt}").text
    assert "90%" in page and "step 0" in page and 'href="/console/hints/r1"' in page
    assert pages.get("/console/attempts/none").status_code == 404


def test_a_hint_shows_what_was_expected_of_each_candidate(
    pages: TestClient, rows: ConsoleRows
) -> None:
    rows.write(
        "hints",
        request_id="r1",
        attempt_id="a1",
        at=BEGUN,
        approach="plan",
        text="Plan first.",
        candidates=[("guess", 0.3, 0.1), ("plan", 0.8, 0.9)],
        evidence=[("plan", 40, 31.0)],
    )
    told = pages.get("/console/hints/r1?format=json").json()
    assert [each["approach"] for each in told["candidates"]] == ["plan", "guess"]
    assert told["candidates"][0]["successes"] == 31.0
    assert "Plan first." in pages.get("/console/hints/r1").text
    assert pages.get("/console/hints/none").status_code == 404


def test_advisors_show_why_a_training_was_refused(
    pages: TestClient, rows: ConsoleRows
) -> None:
    rows.write(
        "trainings",
        training_id="1",
        status="finished",
        started_at=BEGUN,
        finished_at=BEGUN + timedelta(seconds=50),
        attempts=500,
        version="v2",
        verdict="refused",
        reason="log loss 0.01 higher",
    )
    page = pages.get("/console/advisors").text
    assert "refused" in page and "log loss 0.01 higher" in page and "50.0 s" in page


def test_hostile_text_is_text(pages: TestClient, rows: ConsoleRows) -> None:
    rows.attempts(
        1, 1, problem=HOSTILE, approach=HOSTILE[:200], problem_type=HOSTILE[:200]
    )
    attempt = f"{rows.tenant}-00001"
    rows.write(
        "events",
        attempt_id=attempt,
        event_id="e",
        event="StepRecorded",
        content=HOSTILE,
    )
    rows.write("hints", request_id="r", approach=HOSTILE[:200], text=HOSTILE)
    rows.write("trainings", training_id="1", reason=HOSTILE)
    for path in ("help", f"attempts/{attempt}", "hints/r", "advisors"):
        page = pages.get(f"/console/{path}").text
        for alive in ("<script>alert", "<svg onload", "<img", ">49<", "49xx"):
            assert alive not in page, path
        assert len(page) < 300_000


def test_others_see_nothing_of_it(pages: TestClient, rows: ConsoleRows) -> None:
    rows.tenant = f"{rows.tenant}-other"
    rows.attempts(3, 1)
    assert pages.get("/console/help?format=json").json()["attempts"] == 0
    assert pages.get(f"/console/attempts/{rows.tenant}-00001").status_code == 404


def test_htmx_gets_only_what_it_exchanges(pages: TestClient) -> None:
    part = pages.get("/console/help", headers={"HX-Request": "true"}).text
    assert "<h1>" in part and "<html" not in part and "<nav" not in part


def test_without_clickhouse_a_page_says_so(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"clickhouse": "http://127.0.0.1:9"})
    with closing(ClickHouseReading(nowhere)) as reading:
        app = Entry(Starlette(routes=routes(reading)), Tenants(settings.tenant, {}))
        with TestClient(app, "http://127.0.0.1") as pages:
            page, told = (
                pages.get(f"/console/help{form}") for form in ("", "?format=json")
            )
    assert (page.status_code, told.status_code) == (503, 503)
    assert "127.0.0.1:9" in told.json()["reason"] and "127.0.0.1:9" in page.text


def test_a_page_shows_its_sql(pages: TestClient) -> None:
    answer = pages.get("/console/works?format=sql")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "-- name: playbook" in answer.text


def test_static_files_are_served(pages: TestClient) -> None:
    for name in ("console.css", "console.js", "htmx.min.js"):
        assert pages.get(f"/console/static/{name}").status_code == 200
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
