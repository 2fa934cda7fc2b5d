"""Strategies are found, published and assigned: on real servers, and again after a restart."""

from functools import partial
from typing import Any

import pytest
from faults.topics import messages
from support.advice.labels import label, send
from support.advice.tiny import tiny_bundle
from support.beside import beside
from support.polling import eventually

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.handler import run
from pilotfish.consumers.memory.strategies import strategies
from pilotfish.runtime.catalogue import announce, catalogue
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service.metrics import registry
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import StrategyAssigned
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.strategies import StrategyChanged
from pilotfish.schemas.topics import EVENTS
from pilotfish.strategies.finding import ENOUGH

LOOKING = ("thought", "sql:show", "sql:describe", "sql:select")
ASKING = ("sql:select", "answer")

remembering = partial(beside, run)


@pytest.fixture
def based(settings: Settings) -> Settings:
    """A tenant of its own, and a base advisor whose encoder counts words."""
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    return settings


def unnamed(
    settings: Settings, moves: tuple[str, ...], **changes: Any
) -> AttemptLabelled:
    return label(settings.tenant, "w1 w2", approach=None, moves=moves, **changes)


def offered(settings: Settings) -> dict[str, str]:
    strategies = catalogue(settings).offered(settings.tenant)
    return {id_: strategy.instruction for id_, strategy in strategies.items()}


def assigned(settings: Settings) -> dict[str, str]:
    """Return the newest strategy of each attempt, by its id."""
    return {
        event.attempt_id: event.strategy
        for _, event in messages(settings, EVENTS)
        if isinstance(event, StrategyAssigned)
    }


def test_moves_that_enough_attempts_share_become_a_strategy(
    based: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategies, "MOST_PATTERNS", 1)
    shown = registry("memory").get_sample_value
    looking = [unnamed(based, LOOKING) for _ in range(ENOUGH)]
    asking = [unnamed(based, ASKING) for _ in range(ENOUGH)]
    rare = unnamed(based, ("browser:open", "browser:click"))
    named = label(based.tenant, "w1", moves=LOOKING)
    send(based, *looking, *asking, rare, named)
    with remembering(based):
        eventually(lambda: len(offered(based)), 2)
        eventually(lambda: len(assigned(based)), 2 * ENOUGH)
        eventually(lambda: shown("pilotfish_strategy_beginnings_left_out"), 2.0)
    used = assigned(based)
    assert {used[each.attempt_id] for each in looking} == {
        id_ for id_ in offered(based) if id_.startswith("thought-show-describe-")
    }
    assert {used[each.attempt_id] for each in asking} == {
        id_ for id_ in offered(based) if id_.startswith("select-answer-")
    }
    assert not {rare.attempt_id, named.attempt_id} & used.keys()


def test_too_few_attempts_are_no_strategy_until_one_more_comes(based: Settings) -> None:
    first = [unnamed(based, LOOKING) for _ in range(ENOUGH - 1)]
    send(based, *first)
    with remembering(based):
        query = "SELECT count() FROM memory_current WHERE tenant = {t:String}"
        counted = partial(ClickHouse(based).query, query, {"t": based.tenant})
        eventually(counted, [(ENOUGH - 1,)])
        assert offered(based) == {}
        send(based, unnamed(based, LOOKING))
        eventually(lambda: len(assigned(based)), ENOUGH)


def test_a_memory_that_starts_again_says_nothing_again(based: Settings) -> None:
    send(based, *[unnamed(based, LOOKING) for _ in range(ENOUGH)])
    with remembering(based):
        eventually(lambda: len(assigned(based)), ENOUGH)
    [id_] = offered(based)
    after = [unnamed(based, LOOKING, strategy=id_) for _ in range(3)]
    send(based, *after)
    with remembering(based):
        other = unnamed(based, (*LOOKING, "answer"))
        send(based, other)
        eventually(lambda: assigned(based).get(other.attempt_id), id_)
    assert list(offered(based)) == [id_]
    assert not {each.attempt_id for each in after} & assigned(based).keys()


def test_what_a_person_said_of_a_strategy_stays(based: Settings) -> None:
    send(based, *[unnamed(based, LOOKING) for _ in range(ENOUGH)])
    with remembering(based):
        eventually(lambda: len(assigned(based)), ENOUGH)
    [(id_, found)] = catalogue(based).of(based.tenant).items()
    retired = found.model_copy(update={"name": "look first", "standing": "retired"})
    announce(based, retired)
    send(based, *[unnamed(based, ASKING) for _ in range(ENOUGH)])
    with remembering(based):
        eventually(lambda: len(offered(based)), 1)
        eventually(lambda: len(assigned(based)), 2 * ENOUGH)
    kept: StrategyChanged = catalogue(based).of(based.tenant)[id_]
    assert (kept.name, kept.standing) == ("look first", "retired")
