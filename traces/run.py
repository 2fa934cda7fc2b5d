"""The runs of agents that a trace tells of: each is one attempt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pydantic import JsonValue

from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.traces.agents import own_agents, stands_around, topmost_agents
from pilotfish.traces.dialects.dialect import Kind
from pilotfish.traces.responses import response_of
from pilotfish.traces.span import Span, checked
from pilotfish.traces.tree import Node, tops_of


class Place(NamedTuple):
    """Where in a run a node is.

    Args:
        depth: how many nodes are above it.
        agents: how many of them are agents.
        within: the kinds of what is above it.
        holder: the nearest agent or tool above it.
        call: the outermost model span above it that belongs to the same call.
    """

    depth: int = 0
    agents: int = 0
    within: frozenset[Kind] = frozenset()
    holder: Node | None = None
    call: Node | None = None

    def below(self, node: Node) -> "Place":
        """Return the place of a child of the node that has this place."""
        kind = node.operation.kind
        holds = kind in ("agent", "tool")
        call = self.call or (node if kind == "model" else None)
        return Place(
            depth=self.depth + 1,
            agents=self.agents + (kind == "agent"),
            within=self.within.union((kind,)),
            holder=node if holds else self.holder,
            call=None if holds else call,
        )


@dataclass(eq=False)
class Run:
    """One attempt, as spans tell it.

    Args:
        attempt_id: that of the trace, or also of the span if the trace has several runs.
        tops: its topmost spans, by their start; one, unless the root is not there.
        evaluations: what was said of it outside of its spans; they may be of other traces.
    """

    attempt_id: str
    tops: Sequence[Node]
    evaluations: Sequence[Span] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its top is there: no more spans will hold those that are here."""
        top = self.tops[0].span
        return top.is_root or self.attempt_id != top.trace_id

    @cached_property
    def nodes(self) -> list[Node]:
        """All spans of it: parents before children, by their start."""
        return [node for top in self.tops for node in top.subtree()]

    @cached_property
    def agents(self) -> list[Node]:
        """The agents that no other agent of the run invoked; the first is the run's own."""
        return own_agents(self.tops)

    @cached_property
    def places(self) -> dict[Node, Place]:
        """Where each node is."""
        places: dict[Node, Place] = dict.fromkeys(self.tops, Place())
        for node in self.nodes:
            for child in node.children:
                places[child] = places[node].below(node)
        return places

    @cached_property
    def with_models(self) -> set[Node]:
        """The nodes below which a model was called."""
        above: set[Node] = set()
        for node in reversed(self.nodes):
            if node.parent and (node in above or node.operation.kind == "model"):
                above.add(node.parent)
        return above

    @cached_property
    def responses(self) -> set[str]:
        """The responses of models that its spans name."""
        return {response_of(node.span.attributes) for node in self.nodes} - {""}

    def is_about(self, told: Mapping[str, JsonValue]) -> bool:
        """Return whether an evaluation may be about this run, by the response it names.

        A judge exports its evaluations in a trace of its own, and names the response that
        it judged. Some instrumentations tell no responses: there the span has to do.
        """
        named = response_of(told)
        return not named or not self.responses or named in self.responses

    @property
    def speakers(self) -> list[Node]:
        """The spans that speak for the whole run: its own agent, and its top."""
        return [*self.agents[:1], self.tops[0]]

    @cached_property
    def sub_agents(self) -> dict[Node, None]:
        """The agents that the run's own agent called, or handed over to, by their start.

        The same agent once more is none: it tries again.
        """
        speakers = self.speakers
        own = {node.operation.agent_name for node in speakers} - {""}
        return {
            node: None
            for node in self.nodes
            if node.operation.kind == "agent"
            and not stands_around(node)
            and node not in speakers
            and node.operation.agent_name not in own
        }


def runs_of(spans: Iterable[Span]) -> list[Run]:
    """Return the runs of the spans of one trace, without those that our SDK recorded."""
    usable = [span for span in spans if isinstance(checked(span), Span)]
    tops = tops_of(span for span in usable if span.name != EVALUATION)
    if not any(_is_an_agents(node) for top in tops for node in top.subtree()):
        return []
    evaluations = _once_each(span for span in usable if span.name == EVALUATION)
    trace_id = tops[0].span.trace_id
    agents = topmost_agents(tops)
    if _is_surrounding(tops[0]) and len(agents) > 1:
        runs = [Run(f"{trace_id}-{agent.span.span_id}", [agent]) for agent in agents]
    else:
        runs = [Run(trace_id, tops)]
    for run in runs:
        run.evaluations = _evaluations_of(run, evaluations)
    return [run for run in runs if not _is_recorded(run)]


def _evaluations_of(run: Run, evaluations: Iterable[Span]) -> list[Span]:
    """Return those that are about a run: its trace, a span or a response of it."""
    evaluations = [span for span in evaluations if run.is_about(span.attributes)]
    if run.attempt_id == run.tops[0].span.trace_id:
        return evaluations
    own = {node.span.span_id for node in run.nodes}
    return [
        span
        for span in evaluations
        if span.parent_id in own or response_of(span.attributes) in run.responses
    ]


def _once_each(spans: Iterable[Span]) -> list[Span]:
    by_start = sorted(spans, key=lambda span: (span.start_us, repr(span)))
    return list({span.span_id: span for span in by_start}.values())


def _is_an_agents(node: Node) -> bool:
    return node.operation.kind in ("agent", "model", "tool") and node.operation.is_genai


def _is_surrounding(top: Node) -> bool:
    """Return whether it is the root, and something else than an agent: a server, a script."""
    return top.span.is_root and not top.operation.is_genai


def _is_recorded(run: Run) -> bool:
    return any(node.span.attributes.get("pilotfish.attempt_id") for node in run.nodes)
