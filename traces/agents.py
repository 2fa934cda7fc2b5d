"""Which spans are the agents of a run, and which only stand around them."""

from collections.abc import Callable, Sequence
from typing import Final

from pilotfish.traces.dialects.dialect import Fact
from pilotfish.traces.tree import Node

_SAYS_NOTHING: Final = frozenset[Fact]({"provider"})


def topmost_agents(tops: Sequence[Node]) -> list[Node]:
    """Return the agents that no other invoked."""
    return _agents(tops, lambda _: False)


def own_agents(tops: Sequence[Node]) -> list[Node]:
    """Return the agents that no other invoked; what only stands around agents is none.

    Where nothing else is an agent, what tells nothing of itself is one all the same.
    """
    return _agents(tops, stands_around) or topmost_agents(tops)


def stands_around(node: Node) -> bool:
    """Return whether an agent's span is only a frame around those that do the work.

    It tells nothing of itself, as the one that OpenAI's SDK puts around agents that take
    over from one another; or it is a workflow that calls agents, and no model to decide
    which.
    """
    operation = node.operation
    if operation.facts.keys() <= _SAYS_NOTHING:
        return True
    return operation.is_workflow and _only_calls_agents(node)


def _agents(tops: Sequence[Node], around: Callable[[Node], bool]) -> list[Node]:
    agents, waiting = [], list(reversed(tops))
    while waiting:
        node = waiting.pop()
        if node.operation.kind == "agent" and not around(node):
            agents.append(node)
        else:
            waiting.extend(reversed(node.children))
    return agents


def _only_calls_agents(node: Node) -> bool:
    kinds, waiting = set(), list(node.children)
    while waiting:
        below = waiting.pop()
        kinds.add(below.operation.kind)
        if below.operation.kind not in ("agent", "tool"):
            waiting.extend(below.children)
    return "agent" in kinds and "model" not in kinds
