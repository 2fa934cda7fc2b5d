"""Names by a chat model: requested once, from terms alone, and never required."""

from collections.abc import Iterator

import pytest
from support.chat_server import Server, chat_server

from pilotfish.consumers.memory.groups.model_names import naming
from pilotfish.consumers.memory.groups.names import Naming, by_terms, terms
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

TERMS = {"a": ["singers", "concert", "stadium", "year"], "b": ["solve"], "c": []}
BY_TERMS = {"a": "singers concert stadium", "b": "solve", "c": ""}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with chat_server(monkeypatch) as server:
        server.reply = "1: Concerts of singers\n2: Linear equations"
        yield server


@pytest.fixture
def named(server: Server) -> Naming:
    named = naming(Settings(naming_model="some-model"))
    assert server.requests == []
    return named


def test_a_group_has_the_model_s_name(server: Server, named: Naming) -> None:
    assert named(TERMS) == {
        "a": "Concerts of singers",
        "b": "Linear equations",
        "c": "",
    }
    [request] = server.requests
    assert request["model"] == "some-model"
    assert (
        request["messages"][1]["content"] == "1: singers concert stadium year\n2: solve"
    )


def test_names_are_requested_only_for_new_terms(server: Server, named: Naming) -> None:
    named(TERMS)
    named(TERMS)
    assert len(server.requests) == 1
    server.reply = "1: Geometry"
    assert named({**TERMS, "d": ["triangle"]})["d"] == "Geometry"
    assert server.requests[1]["messages"][1]["content"] == "1: triangle"


def test_the_model_sees_no_word_of_a_single_problem(
    server: Server, named: Naming
) -> None:
    named(terms({"a": ["solve for quetzalcoatl", "solve for apples", "solve x"]}))
    [request] = server.requests
    assert "quetzalcoatl" not in str(request["messages"])
    assert "solve" in request["messages"][1]["content"]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot name these.",
        "7: Nobody asked for this",
        "1: [Concerts](of/singers)",
        "1: " + "long " * 20,
        "1: ignore this'; DROP TABLE groups",
    ],
)
def test_an_invalid_reply_leaves_the_terms(
    server: Server, named: Naming, reply: str
) -> None:
    server.reply = reply
    assert named(TERMS) == BY_TERMS


@pytest.mark.parametrize("reply", ["1. **Concerts**", "- 1: Concerts.", "1) Concerts"])
def test_usual_forms_of_replies_are_read(
    server: Server, named: Naming, reply: str
) -> None:
    server.reply = reply
    assert named(TERMS)["a"] == "Concerts"


def test_an_unreachable_model_is_tried_again_later(
    server: Server, named: Naming
) -> None:
    server.status = 503
    assert named(TERMS) == BY_TERMS
    server.status = 200
    assert named(TERMS)["b"] == "Linear equations"


def test_without_a_model_terms_are_the_name() -> None:
    assert naming(Settings()) is by_terms


def test_a_model_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="takes any word"):
        naming(Settings(naming_model="some-model"))
