"""The tools, asked by the client of the same protocol."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult
from support.knowledge import ScriptedKnowledge
from support.memory_publisher import MemoryPublisher

from pilotfish._sdk.transport.transport import MemoryTransport
from pilotfish.schemas.advice import MAX_STEPS
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.remembered import Remembered
from pilotfish.schemas.request_ids import Question, new_request_id
from pilotfish.schemas.topics import EVENTS
from pilotfish.web.advice import Advice
from pilotfish.web.attempts import Attempts
from pilotfish.web.bodies import Bodies
from pilotfish.web.knowledge import Play
from pilotfish.web.mcp_server import mcp_server
from pilotfish.web.tools import Tools

APPROACHES = {"plan": "plan first", "react": "look first"}
FOUND = "plan-show-describe-b54a57"
PLAY = Play("sums", "plan", 20, 0.8, 0.6, 0.9, 1.5, ["add"], "too many steps")
REMEMBERED = Remembered(
    *("a1", "2 + 2", "sums", "plan", "success", 1.0, 0.9, 0.5, 1.0, 2), ("add",)
)


@pytest.fixture
def tools(
    publisher: MemoryPublisher, advisor: MemoryTransport, knowledge: ScriptedKnowledge
) -> Tools:
    bodies = Bodies()
    advice = Advice(advisor, "door", bodies)
    return Tools(advice, Attempts(publisher, bodies), knowledge)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def called(tools: Tools, name: str, **arguments: object) -> CallToolResult:
    async with Client(mcp_server(tools, "mine")) as client:
        return await client.call_tool(name, arguments)


def answer(tools: Tools, name: str, **arguments: object) -> Any:
    """Return what a tool answers a program."""
    result: CallToolResult = run(called(tools, name, **arguments))
    assert not result.is_error, result.content
    return result.structured_content


def refusal(tools: Tools, name: str, **arguments: object) -> str:
    """Return what a tool tells a model that went wrong."""
    result: CallToolResult = run(called(tools, name, **arguments))
    assert result.is_error
    return str(result.content)


def test_the_tools_and_which_of_them_only_read(tools: Tools) -> None:
    async def listed() -> dict[str, bool | None]:
        async with Client(mcp_server(tools, "mine")) as client:
            return {
                tool.name: tool.annotations.read_only_hint if tool.annotations else None
                for tool in (await client.list_tools()).tools
            }

    assert run(listed()) == {
        "advise": None,
        "next_move": True,
        "report_outcome": None,
        "search_memory": True,
        "playbook": True,
    }


@pytest.mark.parametrize(
    ("success", "status"), [(True, "succeeded"), (False, "failed")]
)
def test_an_outcome_joins_its_advice(
    tools: Tools, publisher: MemoryPublisher, success: bool, status: str
) -> None:
    advised = answer(tools, "advise", problem="2 + 2", approaches=APPROACHES)
    assert (advised["approach"], advised["abstained"]) == ("plan", None)
    attempt = advised["attempt_id"]
    said = {"attempt_id": attempt, "success": success, "detail": "it was 4"}
    answer(tools, "report_outcome", **said)
    [(key, started), (_, ended)] = publisher.published(EVENTS)
    assert key == attempt
    start, end = started.model_dump(), ended.model_dump()
    assert (start["problem"], start["tenant"]) == ("2 + 2", "mine")
    assert (end["status"], end["reason"]) == (status, "it was 4")
    assert end["approach"] == end["hint"]["approach"] == "plan"
    assert end["hint"]["propensity"] == 1.0


def test_without_approaches_those_of_past_attempts_are_offered(
    tools: Tools, knowledge: ScriptedKnowledge, advisor: MemoryTransport
) -> None:
    knowledge.names["mine"] = ["plan", "guess"]
    advised = answer(tools, "advise", problem="2 + 2")
    assert advised["approaches"] == ["plan", "guess"]
    assert advisor.requests[0].approaches == {"plan": "", "guess": ""}


@pytest.mark.parametrize("said", [{}, {"approach": FOUND}])
def test_where_no_approach_was_ever_named_a_strategy_is_advised(
    tools: Tools,
    advisor: MemoryTransport,
    publisher: MemoryPublisher,
    said: dict[str, str],
) -> None:
    advisor.advise = lambda _: FOUND
    advised = answer(tools, "advise", problem="2 + 2")
    assert (advised["approach"], advised["approaches"]) == (FOUND, [])
    assert advisor.requests[0].approaches == {}
    attempt = advised["attempt_id"]
    answer(tools, "report_outcome", attempt_id=attempt, success=True, **said)
    end = publisher.published(EVENTS)[-1][1].model_dump()
    assert end["hint"]["approach"] == FOUND
    assert end["approach"] is None


def test_where_nothing_is_known_the_attempt_starts_without_advice(
    tools: Tools, advisor: MemoryTransport, publisher: MemoryPublisher
) -> None:
    advisor.advise = lambda _: None
    advised = answer(tools, "advise", problem="2 + 2", approaches={})
    assert (advised["abstained"], advised["text"]) == ("unsure", "")
    assert [key for key, _ in publisher.published(EVENTS)] == [advised["attempt_id"]]


def test_a_problem_of_any_length_can_be_advised(
    tools: Tools, publisher: MemoryPublisher
) -> None:
    answer(tools, "advise", problem="é" * 100_000, approaches=APPROACHES)
    [(_, started)] = publisher.published(EVENTS)
    assert len(started.model_dump()["problem"]) == 65536


def test_a_field_that_cannot_be_taken_is_told_to_the_model(tools: Tools) -> None:
    names = {str(number): "" for number in range(65)}
    assert "approaches" in refusal(tools, "advise", problem="p", approaches=names)


def test_an_outcome_of_another_process_finds_its_hint(
    tools: Tools, publisher: MemoryPublisher, knowledge: ScriptedKnowledge
) -> None:
    knowledge.hints["mine", "a1"] = HintMark(request_id="r1", approach="react")
    knowledge.started.add(("mine", "a2"))
    for attempt in ("a1", "a2"):
        answer(tools, "report_outcome", attempt_id=attempt, success=True, approach="x")
    (_, first), (_, second) = publisher.published(EVENTS)
    assert first.model_dump()["hint"]["request_id"] == "r1"
    assert second.model_dump()["hint"] is None
    assert {first.model_dump()["approach"], second.model_dump()["approach"]} == {"x"}


def test_in_another_process_the_id_of_the_request_tells_that_a_strategy_was_found(
    tools: Tools, publisher: MemoryPublisher, knowledge: ScriptedKnowledge
) -> None:
    asked: tuple[tuple[str, Question], ...] = (("a1", "named"), ("a2", "found"))
    for attempt, question in asked:
        request = new_request_id(question)
        hint = HintMark(request_id=request, approach="plan")
        knowledge.hints["mine", attempt] = hint
        answer(tools, "report_outcome", attempt_id=attempt, success=True)
    (_, first), (_, second) = publisher.published(EVENTS)
    assert (first.model_dump()["approach"], second.model_dump()["approach"]) == (
        "plan",
        None,
    )


def test_what_to_do_next_is_asked_by_the_calls_so_far(
    tools: Tools, advisor: MemoryTransport, publisher: MemoryPublisher
) -> None:
    advisor.advise = lambda _: "sql:describe"
    calls = [{"tool": "sql", "arguments": "SELECT 1" + " " * 5000}, {"tool": "x" * 300}]
    about = {"attempt_id": "a1", "problem": "2 + 3"}
    said = answer(tools, "next_move", calls=calls * 50, problem_type="sum", **about)
    assert (said["approach"], said["attempt_id"]) == ("sql:describe", "a1")
    [request] = advisor.requests
    assert (request.problem_type, request.approaches) == ("sum", {})
    assert [step.kind for step in request.steps] == ["action"] * MAX_STEPS
    assert request.steps[0].content.startswith("SELECT 1 ")
    assert request.request_id.endswith(":next")
    assert "at least one call" in refusal(tools, "next_move", calls=[], **about)
    assert publisher.published(EVENTS) == []


def test_an_outcome_of_an_unknown_attempt_is_refused(
    tools: Tools, publisher: MemoryPublisher, knowledge: ScriptedKnowledge
) -> None:
    knowledge.started.add(("others", "a1"))
    said = refusal(tools, "report_outcome", attempt_id="a1", success=True)
    assert "no attempt a1 is known" in said
    assert publisher.published(EVENTS) == []


def test_memory(tools: Tools, knowledge: ScriptedKnowledge) -> None:
    knowledge.attempts["mine"] = [REMEMBERED] * 7
    [first, *rest] = answer(tools, "search_memory", text="2 + 3")["result"]
    assert (first["attempt_id"], first["actions"], len(rest)) == ("a1", ["add"], 4)
    assert "k from 1 to 100" in refusal(tools, "search_memory", text="x", k=0)


@pytest.mark.parametrize("asked", [{"group": "sums"}, {"problem": "2 + 3"}])
def test_a_playbook(
    tools: Tools, knowledge: ScriptedKnowledge, asked: dict[str, str]
) -> None:
    knowledge.plays["mine"] = [PLAY]
    [play] = answer(tools, "playbook", **asked)["result"]
    assert (play["approach"], play["p_success"]) == ("plan", 0.8)


def test_no_playbook_says_which_there_are(
    tools: Tools, knowledge: ScriptedKnowledge
) -> None:
    assert "none is yet" in refusal(tools, "playbook", group="maps")
    knowledge.plays["mine"] = [PLAY]
    assert "the known groups are sums" in refusal(tools, "playbook", group="maps")
    for asked in ({}, {"group": "sums", "problem": "2 + 3"}):
        assert "either a problem or a group" in refusal(tools, "playbook", **asked)
