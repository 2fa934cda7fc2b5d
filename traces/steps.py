"""The steps of a run: what its models said, what its tools did."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pilotfish.traces.contents import answer_of, arguments_text, result_text
from pilotfish.traces.dialects.dialect import Kind
from pilotfish.traces.failure import failure_of, outcome_of
from pilotfish.traces.message_calls import steps_of_messages
from pilotfish.traces.model_call import (
    ModelCall,
    cost_of,
    model_calls_of,
    price_of,
    tokens_of,
)
from pilotfish.traces.run import Run
from pilotfish.traces.step import Step
from pilotfish.traces.tree import Node
from pilotfish.traces.who import agent_name


def steps_of(run: Run) -> list[Step]:
    """Return the steps of a run, in the order in which they happened."""
    calls = model_calls_of(run)
    final = _final(run, calls)
    said = {call.node: _said(call, is_final=call is final) for call in calls}
    steps: list[Step] = []
    for node in run.nodes:
        if node in said:
            steps.append(said[node])
        elif "evaluation" not in run.places[node].within:
            steps.extend(_DONE.get(node.operation.kind, _nothing)(run, node))
    ended_well = run.is_whole and outcome_of(run) is None
    steps.extend(steps_of_messages(run, calls, ended_well=ended_well))
    if final is None:
        steps.extend(_answer(run))
    return sorted(steps, key=lambda step: step.at_us)


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
        node.span.start_us >= end_us and node.operation.kind in _DONE
        for node in run.nodes
        if node is not last.node and node.operation.kind != "guardrail"
    )
    return None if followed else last


def _said(call: ModelCall, *, is_final: bool) -> Step:
    span = call.node.span
    failed = span.status == "error" and not call.said
    return Step(
        span.start_us,
        f"{span.span_id}/model",
        "answer" if is_final else "thought",
        call.model or "model",
        failure_of(call.node).detail if failed else call.said,
        call.node.operation.duration_s,
        call.cost,
        call.tokens,
    )


def _tool(run: Run, node: Node) -> Iterator[Step]:
    operation, span = node.operation, node.span
    holder = run.places[node].holder
    if holder and _is_the_same_tool(holder, node):
        return
    content = arguments_text(operation)
    action = Step(
        span.start_us, f"{span.span_id}/call", "action", operation.called, content
    )
    yield action._replace(duration_s=operation.duration_s)
    yield _observation(node, result_text(operation))


def _is_the_same_tool(outer: Node, inner: Node) -> bool:
    """Return whether two libraries made a span each of one call."""
    same = outer.operation.called == inner.operation.called
    return outer.operation.kind == "tool" and same


def _retrieval(run: Run, node: Node) -> Iterator[Step]:
    """Yield a search; one that a tool made is that tool's step."""
    if "tool" in run.places[node].within:
        return
    operation, span = node.operation, node.span
    query = operation.text("query", "input")
    action = Step(
        span.start_us, f"{span.span_id}/call", "action", operation.called, query
    )
    yield action._replace(duration_s=operation.duration_s)
    yield _observation(node, operation.text("documents", "output"))


def _guardrail(run: Run, node: Node) -> Iterator[Step]:
    del run
    yield _observation(node, answer_of(node.operation))


def _sub_agent(run: Run, node: Node) -> Iterator[Step]:
    """Yield the call of another agent, unless a tool's step tells of it already."""
    operation, span = node.operation, node.span
    holder = run.places[node].holder
    if node not in run.sub_agents or (holder and holder.operation.kind == "tool"):
        return
    content = arguments_text(operation)
    action = Step(
        span.start_us, f"{span.span_id}/call", "action", agent_name(node), content
    )
    cost, tokens = _used(node)
    yield action._replace(duration_s=operation.duration_s, cost=cost, tokens=tokens)
    output = answer_of(operation)
    inside = (n.operation for n in node.subtree() if n.operation.kind == "model")
    if output and all(
        output not in {m.text for m in o.output_messages} for o in inside
    ):
        yield _observation(node, output)


def _observation(node: Node, content: str) -> Step:
    """Return what came out: the result, or the error that it ended with."""
    span = node.span
    if span.status == "error":
        content = content or failure_of(node).detail
    origin = f"{span.span_id}/result"
    return Step(span.end_us, origin, "observation", node.operation.called, content)


def _answer(run: Run) -> Iterator[Step]:
    """Yield the answer that the run's own agent or its top gives, where no model did."""
    for node in run.speakers:
        answer = answer_of(node.operation)
        if answer:
            span = node.span
            cost, tokens = _used(node)
            origin = f"{span.span_id}/answer"
            step = Step(span.end_us, origin, "answer", "answer", answer)
            yield step._replace(cost=cost, tokens=tokens)
            return


def _used(node: Node) -> tuple[float, int]:
    """Return the cost and the tokens of an agent, where no model call below tells them."""
    if any(inside.operation.kind == "model" for inside in node.subtree()):
        return 0.0, 0
    operation = node.operation
    given = cost_of(operation)
    cost = price_of(operation, operation.name("model")) if given is None else given
    return cost, tokens_of(operation)


def _nothing(run: Run, node: Node) -> Iterator[Step]:
    del run, node
    return iter(())


_DONE: Final[dict[Kind, Callable[[Run, Node], Iterator[Step]]]] = {
    "agent": _sub_agent,
    "guardrail": _guardrail,
    "retrieval": _retrieval,
    "tool": _tool,
}
