"""Calls of models: which spans are one call, what they said, what they cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pilotfish.schemas.base import moment
from pilotfish.schemas.prices import Tokens
from pilotfish.schemas.prices import cost as list_price
from pilotfish.traces.message_parts import ToolCall, ToolResult
from pilotfish.traces.messages import ChatMessage
from pilotfish.traces.operation import Operation
from pilotfish.traces.responses import response_of
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node


@dataclass(eq=False, slots=True)
class ModelCall:
    """One call, and the spans in which several libraries recorded it, the outermost first."""

    nodes: Sequence[Node]

    @property
    def node(self) -> Node:
        """The span that stands for the call."""
        return self.nodes[0]

    @property
    def operations(self) -> Iterator[Operation]:
        """What the spans tell, the outermost first."""
        return (node.operation for node in self.nodes)

    @property
    def model(self) -> str:
        """The model's name; empty if nobody says it."""
        return next(filter(None, (o.name("model") for o in self.operations)), "")

    @property
    def given(self) -> tuple[ChatMessage, ...]:
        """The messages that the model was given."""
        return next(filter(None, (o.input_messages for o in self.operations)), ())

    @property
    def said(self) -> str:
        """The text that the model said."""
        return "\n".join(m.text for m in self._output if m.text)

    @property
    def calls(self) -> list[ToolCall]:
        """The calls of tools that the model asked for."""
        return [call for message in self._output for call in message.calls]

    @property
    def results(self) -> list[ToolResult]:
        """The results of earlier calls that the model was given."""
        return [result for message in self.given for result in message.results]

    @property
    def _output(self) -> tuple[ChatMessage, ...]:
        return next(filter(None, (o.output_messages for o in self.operations)), ())

    @property
    def tokens(self) -> int:
        """Tokens in and out, counted once."""
        return next(filter(None, (tokens_of(o) for o in self.operations)), 0)

    @property
    def cost(self) -> float:
        """Dollars, as given, or by the price list."""
        given = (cost_of(operation) for operation in self.operations)
        cost = next((cost for cost in given if cost is not None), None)
        return self._price() if cost is None else cost

    def _price(self) -> float:
        if not self.model:
            return 0.0
        counted = (operation for operation in self.operations if tokens_of(operation))
        operation = next(counted, None)
        return 0.0 if operation is None else price_of(operation, self.model)


def tokens_of(operation: Operation) -> int:
    """Return the tokens in and out that a span tells of."""
    parts = operation.tokens("tokens_in") + operation.tokens("tokens_out")
    return parts or operation.tokens("tokens")


def cost_of(operation: Operation) -> float | None:
    """Return the dollars that a span tells of, if it does."""
    parts = [operation.dollars("cost_in"), operation.dollars("cost_out")]
    known = [part for part in parts if part is not None]
    whole = operation.dollars("cost")
    return sum(known) if whole is None and known else whole


def price_of(operation: Operation, model: str) -> float:
    """Return what the tokens of a span cost by the price list."""
    given = operation.tokens("tokens_in")
    cached = operation.tokens("cached_tokens")
    written = operation.tokens("written_tokens")
    beside = cached + written > given  # as Anthropic counts them
    tokens = Tokens(
        input=given + beside * (cached + written),
        output=operation.tokens("tokens_out"),
        cache_read=cached,
        cache_write=written,
    )
    at = moment(operation.span.start_us)
    return list_price(model, tokens, operation.name("provider"), at)


def model_calls_of(run: Run) -> list[ModelCall]:
    """Return the calls of a run by their start; a judge's calls are not the agent's."""
    calls: dict[Node, list[Node]] = {}
    for node in run.nodes:
        place = run.places[node]
        if node.operation.kind == "model" and "evaluation" not in place.within:
            calls.setdefault(place.call or node, []).append(node)
    starts = sorted(calls.values(), key=lambda nodes: nodes[0].span.start_us)
    return [ModelCall(nodes) for nodes in _once_each(starts)]


def _once_each(calls: Iterable[list[Node]]) -> list[list[Node]]:
    """Join the spans in which two libraries recorded one call, neither below the other.

    They name the same response at the same time: a cache may answer with it again later.
    """
    once: list[list[Node]] = []
    latest: dict[str, list[Node]] = {}
    for nodes in calls:
        response = next(filter(None, map(_response, nodes)), "")
        same = latest.get(response, []) if response else []
        if same and nodes[0].span.start_us < same[0].span.end_us:
            same.extend(nodes)
        else:
            once.append(nodes)
            latest[response] = nodes
    return once


def _response(node: Node) -> str:
    return response_of(node.span.attributes)
