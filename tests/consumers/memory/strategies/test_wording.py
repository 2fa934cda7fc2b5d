"""Words of strategies: by a chat model from moves alone, and never required."""

from collections.abc import Iterator

import pytest
from support.chat_server import Server, chat_server

from pilotfish.consumers.memory.strategies.wording import (
    Wording,
    Words,
    by_moves,
    wording,
)
from pilotfish.runtime.settings import Settings

PATTERNS = {
    "looks": ("thought", "sql:show", "sql:select"),
    "guesses": ("sql:select", "answer"),
}
REPLY = """1: Looks first | Look at the tables before you write a query.
2: Guesses | Write the query at once and answer."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with chat_server(monkeypatch) as server:
        server.reply = REPLY
        yield server


@pytest.fixture
def worded(server: Server) -> Wording:
    return wording(Settings(naming_model="some-model"))


def test_a_strategy_has_the_model_s_words(server: Server, worded: Wording) -> None:
    assert worded(PATTERNS) == {
        "looks": Words("Looks first", "Look at the tables before you write a query."),
        "guesses": Words("Guesses", "Write the query at once and answer."),
    }
    [request] = server.requests
    assert request["messages"][1]["content"].splitlines() == [
        "1: thought, show, select",
        "2: select, answer",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot say.",
        "1: Looks first",
        "1: Looks first | Look",
        "1: Looks <b>first</b> | Look at the tables before you write a query.",
        "1: Looks first | See https://tools.example/do for what to do.",
        "1: Looks first | " + "look " * 70,
        "9: Nobody | Nobody asked for this line.",
    ],
)
def test_odd_replies_leave_the_moves(
    server: Server, worded: Wording, reply: str
) -> None:
    server.reply = reply
    assert worded(PATTERNS) == by_moves(PATTERNS)


def test_without_new_strategies_nothing_is_asked(
    server: Server, worded: Wording
) -> None:
    assert worded({}) == {}
    assert server.requests == []


def test_without_a_model_the_moves_are_the_words() -> None:
    assert wording(Settings()) is by_moves
