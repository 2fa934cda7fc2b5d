"""Tumbling windows: how an event changes the counts of its attempt's windows.

A labelled attempt counts in the windows in which it started. An event changes the counts
by the difference between the attempt's share before and after it, so that revisions, late
starts and late feedback move counts instead of adding to them.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.streams.attempts.state import State

LENGTHS_S: Final = (60, 3600)


class Window(NamedTuple):
    """One window of one partition of a tenant; its cells are loaded and cached together."""

    tenant: str
    window_s: int
    window_start: int
    partition: int


class Segment(NamedTuple):
    """The attempts that are counted together within a window."""

    problem_type: str
    approach: str


class Counts(NamedTuple):
    """Counts, or the difference of two; integers, so that sums are exact in any order."""

    attempts: int = 0
    successes: int = 0
    failures: int = 0
    abstentions: int = 0
    cost_nano: int = 0
    duration_us: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum."""
        return Counts(*map(int.__add__, self, other))

    def negative(self) -> "Counts":
        """Return the counts that cancel these out."""
        return Counts(*map(int.__neg__, self))


class Share(NamedTuple):
    """What one labelled attempt adds to each of its windows."""

    tenant: str
    partition: int
    started_us: int
    segment: Segment
    counts: Counts

    def windows(self) -> Iterator[Window]:
        """Yield the windows in which the attempt counts."""
        started_s = self.started_us // 1_000_000
        for length in LENGTHS_S:
            start = started_s - started_s % length
            yield Window(self.tenant, length, start, self.partition)


class Delta(NamedTuple):
    """A change of the counts of one segment in one window."""

    window: Window
    segment: Segment
    counts: Counts


def share(state: State) -> Share | None:
    """Return what the attempt adds; None without a label, or once forgotten."""
    if not state.version or state.status == FORGOTTEN:
        return None
    p_success = state.label.p_success
    success = p_success is not None and p_success >= 0.5
    counts = Counts(
        attempts=1,
        successes=int(success),
        failures=int(p_success is not None and not success),
        abstentions=int(p_success is None),
        cost_nano=round(state.cost * 1e9),
        # Not negative, although the clocks of start and end may disagree.
        duration_us=max(0, (state.ended_us or 0) - state.started_us),
    )
    segment = Segment(state.problem_type, state.approach)
    return Share(state.tenant, state.partition, state.started_us, segment, counts)


def deltas(before: Share | None, after: Share | None) -> list[Delta]:
    """Return the changes from counts that include `before` to counts that include `after`.

    Each window and segment occurs at most once.
    """
    if before == after:
        return []
    changes: dict[tuple[Window, Segment], Counts] = {}
    if before is not None:
        for window in before.windows():
            changes[window, before.segment] = before.counts.negative()
    if after is not None:
        for window in after.windows():
            key = window, after.segment
            removed = changes.get(key)
            changes[key] = removed.plus(after.counts) if removed else after.counts
    return [Delta(*key, counts) for key, counts in changes.items() if any(counts)]
