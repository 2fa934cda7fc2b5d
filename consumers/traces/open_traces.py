"""Traces whose root has not come: since when they are quiet, and from where to read again."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pilotfish.consumers.traces.span_store import TraceKey
from pilotfish.runtime.broker import Ends
from pilotfish.schemas.keys import Place

MOST: Final = 100_000
"""Beyond so many, those that are quiet for longest close: memory is bounded."""


@dataclass(slots=True)
class _Open:
    last_s: float
    first: dict[Place, int] = field(default_factory=dict)


class OpenTraces:
    """What is committed stays below the first record of every open trace.

    So a trace that is open when the process is killed is found again by whoever reads on:
    all its records are read once more.

    Args:
        quiet_s: how long a trace may be quiet before it closes.
        seconds: a clock that only grows.
    """

    def __init__(self, quiet_s: float, seconds: Callable[[], float]) -> None:
        self._quiet_s = quiet_s
        self._seconds = seconds
        self._traces: dict[TraceKey, _Open] = {}

    def touch(self, key: TraceKey, place: Place, offset: int) -> None:
        """Note that a record at this place has spans of a trace."""
        trace = self._traces.pop(key, None) or _Open(0.0)
        trace.last_s = self._seconds()
        trace.first[place] = min(offset, trace.first.get(place, offset))
        self._traces[key] = trace  # the last one touched is the last in the dictionary

    def close(self, keys: Iterable[TraceKey]) -> None:
        """Forget traces that became attempts."""
        for key in keys:
            self._traces.pop(key, None)

    def quiet(self) -> list[TraceKey]:
        """Return the traces that are to be closed, the quietest first."""
        until = self._seconds() - self._quiet_s
        excess = len(self._traces) - MOST
        return [
            key
            for number, (key, trace) in enumerate(self._traces.items())
            if number < excess or trace.last_s <= until
        ]

    def ends(self, read: Mapping[Place, int]) -> Ends:
        """Return where to read on after a crash, given where each place is read to."""
        ends = dict(read)
        for trace in self._traces.values():
            for place, offset in trace.first.items():
                if place in ends:
                    ends[place] = min(ends[place], offset)
        return ends

    def drop(self, places: Collection[Place]) -> None:
        """Leave the traces of places that are now read by others."""
        for key, trace in list(self._traces.items()):
            trace.first = {p: at for p, at in trace.first.items() if p not in places}
            if not trace.first:
                del self._traces[key]
