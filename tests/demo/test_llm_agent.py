"""The language model's agent against a small server that speaks chat completions."""

from collections.abc import Iterator

import openai
import pytest
from support.chat_server import Server, chat_server

import pilotfish
from pilotfish._sdk.failures import is_infrastructure
from pilotfish.demo.agent import APPROACHES
from pilotfish.demo.llm_agent import ModelAgent, answer_in, connect_model


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with chat_server(monkeypatch) as server:
        server.reply = "2 + 2 is four.\nAnswer: 4"
        yield server


@pytest.fixture
def agent(server: Server) -> Iterator[ModelAgent]:
    agent = connect_model("some-model")
    assert server.requests == []
    yield agent
    agent.close()


def test_the_approach_is_in_the_prompt_and_the_answer_comes_back(
    server: Server, agent: ModelAgent
) -> None:
    outcome = agent.solve("What is 2 + 2?", "enumeration")
    assert outcome.answer == "4"
    assert [kind for kind, _, _ in outcome.steps] == ["thought", "answer"]
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "some-model"
    system, user = request["messages"]
    assert APPROACHES["enumeration"] in system["content"]
    assert user["content"] == "What is 2 + 2?"


def test_a_reply_without_an_answer_is_a_failure(
    server: Server, agent: ModelAgent
) -> None:
    server.reply = "I do not know."
    assert agent.solve("What is 2 + 2?", "smt").answer is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, openai.RateLimitError), (503, openai.InternalServerError)],
)
def test_a_server_s_failure_is_raised_as_infrastructure(
    server: Server, agent: ModelAgent, status: int, kind: type[Exception]
) -> None:
    server.status = status
    with pytest.raises(kind) as raised:
        agent.solve("What is 2 + 2?", "smt")
    assert is_infrastructure(raised.value)
    assert len(server.requests) == 1


def test_an_unreachable_server_is_infrastructure(
    server: Server, agent: ModelAgent
) -> None:
    server.server_close()
    with pytest.raises(openai.APIConnectionError) as raised:
        agent.solve("What is 2 + 2?", "smt")
    assert is_infrastructure(raised.value)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Answer: 4", "4"),
        ("Answer: 5, no.\n\n**Answer:** 4", "4"),
        ("so\nAnswer:\n```\n1 2\n2 1\n```", "1 2\n2 1"),
        ("answer: `x`", "x"),
        ("The answer is 4", None),
    ],
)
def test_the_last_answer_counts(reply: str, answer: str | None) -> None:
    assert answer_in(reply) == answer


def test_a_missing_key_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(pilotfish.ConfigurationError, match="OPENAI_API_KEY"):
        connect_model("some-model")


def test_a_missing_model_is_one_clear_error() -> None:
    with pytest.raises(pilotfish.ConfigurationError, match="openai:MODEL"):
        connect_model("")
