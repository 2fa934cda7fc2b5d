"""The steps of a run: what its models said, what its tools did."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pilotfish.traces.contents import answer_of, arguments_text, result_text
from pilotfish.traces.dialects.dialect import Kind
from pilotfish.traces.failure import raised_by
from pilotfish.traces.message_calls import steps_of_messages
from pilotfish.traces.model_call import ModelCall, cost_of, price_of, tokens_of
from pilotfish.traces.run import Run
from pilotfish.traces.step import Step
from pilotfish.traces.tree import Node
from pilotfish.traces.who import agent_name


def steps_of(run: Run, calls: Sequence[ModelCall], *, ended_well: bool) -> list[Step]:
    """Return the steps of a run, in the order in which they happened.

    Args:
        run: whose steps they are.
        calls: its model calls, by their start.
        ended_well: whether it came to its end, and without an error.
    """
    told = list(steps_of_messages(run, calls, ended_well=ended_well))
    # A model is given results as it starts, and asks for calls as it ends.
    steps = [
        *(step for step in told if step.kind == "observation"),
        *_Steps(run, calls).all(),
        *(step for step in told if step.kind == "action"),
    ]
    return sorted(steps, key=lambda step: step.at_us)


class _Steps:
    """Makes the steps that spans tell of."""

    def __init__(self, run: Run, calls: Sequence[ModelCall]) -> None:
        self._run = run
        self._calls = {call.node: call for call in calls}
        self._texts = {call.said for call in calls}
        self._final = _final(run, calls)

    def all(self) -> Iterator[Step]:
        """Yield the steps, those of a span one after the other."""
        for node in self._run.nodes:
            kind = node.operation.kind
            if node in self._calls:
                yield self._said(self._calls[node])
            elif kind in _DONE and "evaluation" not in self._run.places[node].within:
                yield from _DONE[kind](self, node)
        if self._final is None:
            yield from self._answer()

    def _said(self, call: ModelCall) -> Step:
        span = call.node.span
        failed = span.status == "error" and not call.said
        return Step(
            span.start_us,
            f"{span.span_id}/model",
            "answer" if call is self._final else "thought",
            call.model or "model",
            raised_by(call.node).detail if failed else call.said,
            call.node.operation.duration_s,
            call.cost,
            call.tokens,
        )

    def tool(self, node: Node) -> Iterator[Step]:
        """Yield a call and its result; of two spans of one call, the outer one counts."""
        operation = node.operation
        outer = self._holding_tool(node)
        if outer is None or outer.operation.called != operation.called:
            yield _action(node, operation.called, arguments_text(operation))
            yield _observation(node, result_text(operation))

    def retrieval(self, node: Node) -> Iterator[Step]:
        """Yield a search and what it found; one that a tool made is that tool's step."""
        operation = node.operation
        if "tool" not in self._run.places[node].within:
            yield _action(node, operation.called, operation.text("query", "input"))
            yield _observation(node, operation.text("documents", "output"))

    def guardrail(self, node: Node) -> Iterator[Step]:
        """Yield what a guardrail found."""
        yield _observation(node, answer_of(node.operation))

    def sub_agent(self, node: Node) -> Iterator[Step]:
        """Yield the call of another agent, unless a tool's step tells of it already.

        What it answered is its last model call's step, where that has a span.
        """
        if node not in self._run.sub_agents or self._holding_tool(node):
            return
        action = _action(node, agent_name(node), arguments_text(node.operation))
        cost, tokens = self._used(node)
        yield action._replace(cost=cost, tokens=tokens)
        answer = answer_of(node.operation)
        if answer and answer not in self._texts:
            yield _observation(node, answer)

    def _holding_tool(self, node: Node) -> Node | None:
        """Return the tool that a node is directly in, if it is in one."""
        holder = self._run.places[node].holder
        return holder if holder and holder.operation.kind == "tool" else None

    def _answer(self) -> Iterator[Step]:
        """Yield what the run's own agent or its top answers, where no model did."""
        for node in self._run.speakers:
            span = node.span
            answer = answer_of(node.operation) if span.status != "error" else ""
            if answer and node not in self._calls:
                origin = f"{span.span_id}/answer"
                step = Step(span.end_us, origin, "answer", "answer", answer)
                cost, tokens = self._used(node)
                yield step._replace(cost=cost, tokens=tokens)
                return

    def _used(self, node: Node) -> tuple[float, int]:
        """Return the cost and tokens of an agent, where no model call inside has them."""
        if node in self._run.with_models:
            return 0.0, 0
        operation = node.operation
        given = cost_of(operation)
        cost = price_of(operation, operation.name("model")) if given is None else given
        return cost, tokens_of(operation)


_DONE: Final[dict[Kind, Callable[[_Steps, Node], Iterator[Step]]]] = {
    "agent": _Steps.sub_agent,
    "guardrail": _Steps.guardrail,
    "retrieval": _Steps.retrieval,
    "tool": _Steps.tool,
}
"""What was done, beside the calls of models."""


def _final(run: Run, calls: Sequence[ModelCall]) -> ModelCall | None:
    """Return the call that gave the answer.

    It is the last one of the outermost agents, if it asked for no tool and nothing was
    done after it.
    """
    outside = [
        c for c in calls if not run.places[c.node].within & {"tool", "guardrail"}
    ]
    if not outside:
        return None
    level = min(run.places[call.node].agents for call in outside)
    last = [c for c in outside if run.places[c.node].agents == level][-1]
    if last.calls or last.node.span.status == "error" or not last.said:
        return None
    end_us = last.node.span.end_us
    followed = any(
        node.span.start_us >= end_us and node.operation.kind in _FOLLOWING
        for node in run.nodes
    )
    return None if followed else last


_FOLLOWING: Final = ("agent", "retrieval", "tool")
"""What goes on after a thought; a guardrail looks at an answer."""


def _action(node: Node, name: str, content: str) -> Step:
    span, duration_s = node.span, node.operation.duration_s
    origin = f"{span.span_id}/call"
    return Step(span.start_us, origin, "action", name, content, duration_s)


def _observation(node: Node, content: str) -> Step:
    """Return what came out: the result, or the error that it ended with."""
    span = node.span
    if span.status == "error":
        content = content or raised_by(node).detail
    origin = f"{span.span_id}/result"
    return Step(span.end_us, origin, "observation", node.operation.called, content)
