"""Tool calls of which only messages tell: no span was made of what the tool did."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pilotfish.traces.message_parts import ToolCall
from pilotfish.traces.model_call import ModelCall
from pilotfish.traces.run import Run
from pilotfish.traces.step import Step


def steps_of_messages(
    run: Run, calls: Sequence[ModelCall], *, ended_well: bool
) -> Iterator[Step]:
    """Yield actions and observations for the tool calls that have no span of their own.

    A call without a result was made all the same if it is the last thing that happened in
    a run that ended badly; in one that ended well, the call is the form of the answer.

    Args:
        run: whose calls they are.
        calls: the run's model calls, by their start.
        ended_well: whether the run did.
    """
    without_span = list(_without_span(run, calls))
    if not without_span:
        return
    results = _Results(calls)
    for place, number in without_span:
        call = calls[place]
        asked, span = call.calls[number], call.node.span
        result = results.of(place, number)
        is_last = place == len(calls) - 1 and not ended_well
        if result or is_last:
            origin = f"{span.span_id}/call.{number}"
            yield Step(span.end_us, origin, "action", asked.name, asked.arguments)
        if result:
            origin = f"{span.span_id}/result.{number}"
            yield Step(result.at_us, origin, "observation", asked.name, result.content)


def _without_span(run: Run, calls: Sequence[ModelCall]) -> Iterator[tuple[int, int]]:
    """Yield the places of model calls, and the numbers of the tool calls they asked for."""
    spans = _Spans(run)
    for place, call in enumerate(calls):
        begin = call.node.span.start_us
        after = calls[place + 1].node.span.start_us if place + 1 < len(calls) else None
        for number, asked in enumerate(call.calls):
            if not spans.has(asked, begin, after):
                yield place, number


class _Spans:
    """The spans of a run that show what tool calls did."""

    def __init__(self, run: Run) -> None:
        operations = [node.operation for node in run.nodes]
        tools = [o for o in operations if o.kind == "tool"]
        self._ids = {o.name("call_id") for o in tools}
        self._by_name: dict[str, list[int]] = {}
        for tool in tools:
            starts = self._by_name.setdefault(tool.called, [])
            starts.append(tool.span.start_us)
        kinds = ("tool", "agent", "retrieval")
        self._starts = sorted(o.span.start_us for o in operations if o.kind in kinds)

    def has(self, asked: ToolCall, begin_us: int, after_us: int | None) -> bool:
        """Return whether a span shows this call, which a model asked for in this time."""
        if asked.call_id and asked.call_id in self._ids:
            return True
        starts = self._by_name.get(asked.name, [])
        shown = next((start for start in starts if start >= begin_us), None)
        if shown is not None:
            starts.remove(shown)
            return True
        later = bisect_left(self._starts, begin_us)
        following = self._starts[later : later + 1]
        return bool(following) and (after_us is None or following[0] < after_us)


class _Result(NamedTuple):
    at_us: int
    content: str


class _Results:
    """The results of tool calls, each where a model was first given it.

    Each request repeats the messages before it.
    """

    def __init__(self, calls: Sequence[ModelCall]) -> None:
        self._calls = calls
        self._by_id: dict[str, tuple[int, _Result]] = {}
        for place, call in enumerate(calls):
            at_us = call.node.span.start_us
            for result in call.results:
                known = place, _Result(at_us, result.content)
                self._by_id.setdefault(result.call_id, known)

    def of(self, place: int, number: int) -> _Result | None:
        """Return the result of a call, if it is known."""
        call = self._calls[place]
        call_id = call.calls[number].call_id
        if call_id:
            first, result = self._by_id.get(call_id, (0, None))
            return result if first > place else None
        if place + 1 == len(self._calls):
            return None
        following = self._calls[place + 1]
        results = following.results[-len(call.calls) :]
        if number >= len(results):
            return None
        return _Result(following.node.span.start_us, results[number].content)
