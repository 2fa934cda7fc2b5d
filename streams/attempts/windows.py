"""Tumbling windows: what an event changes in the counts of its attempt's windows.

An attempt counts in the windows in which it started, once it is labelled. What an event
changes is the difference between the attempt's share before and after it, so revisions,
late starts and late feedback move counts instead of adding to them.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.streams.attempts.state import State

LENGTHS_S: Final = (60, 3600)


class Page(NamedTuple):
    """One window of one partition of a tenant: what is loaded and kept together."""

    tenant: str
    window_s: int
    window_start: int
    partition: int


class Kind(NamedTuple):
    """What is counted apart within a window."""

    problem_type: str
    approach: str


class Counts(NamedTuple):
    """Absolute counts, or the difference of two; integers, so that any order adds up."""

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
        """Return what takes these counts away."""
        return Counts(*map(int.__neg__, self))


class Share(NamedTuple):
    """What one labelled attempt adds to its windows."""

    tenant: str
    partition: int
    started_us: int
    kind: Kind
    counts: Counts

    def pages(self) -> Iterator[Page]:
        """Yield the windows in which it counts."""
        started_s = self.started_us // 1_000_000
        for length in LENGTHS_S:
            start = started_s - started_s % length
            yield Page(self.tenant, length, start, self.partition)


class Delta(NamedTuple):
    """A change of one count."""

    page: Page
    kind: Kind
    counts: Counts


def share(state: State) -> Share | None:
    """Return what the attempt adds; None before it has a label and once forgotten."""
    if not state.version or state.status == FORGOTTEN:
        return None
    p_success = state.label.p_success
    success = p_success is not None and p_success >= 0.5
    counts = Counts(
        1,
        int(success),
        int(p_success is not None and not success),
        int(p_success is None),
        round(state.cost * 1e9),
        max(0, (state.ended_us or 0) - state.started_us),
    )
    kind = Kind(state.problem_type, state.approach)
    return Share(state.tenant, state.partition, state.started_us, kind, counts)


def deltas(before: Share | None, after: Share | None) -> list[Delta]:
    """Return what turns counts with `before` into counts with `after`.

    A window and kind occurs once at most.
    """
    if before == after:
        return []
    changes: dict[tuple[Page, Kind], Counts] = {}
    if before is not None:
        for page in before.pages():
            changes[page, before.kind] = before.counts.negative()
    if after is not None:
        for page in after.pages():
            place = page, after.kind
            taken = changes.get(place)
            changes[place] = taken.plus(after.counts) if taken else after.counts
    return [Delta(*place, counts) for place, counts in changes.items() if any(counts)]
