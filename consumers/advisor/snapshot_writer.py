"""Saves what was learned every few seconds, a tenant at a time, while hints go on."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import Final

import structlog

from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore, snapshot
from pilotfish.runtime.service.background import in_background

_LOG = structlog.get_logger(service="advisor")

_EVERY_S: Final = 5.0
_END_S: Final = 1.0


class SnapshotWriter:
    """Rounds of snapshots: first every changed tenant, then the place all have reached.

    Only the copying of a tenant's head (10 ms) is done in the caller's thread.

    Args:
        snapshots: where to.
        clock: seconds that only grow.
    """

    def __init__(self, snapshots: SnapshotStore, clock: Callable[[], float]) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._next_round = clock() + _EVERY_S
        self._left: list[LoadedAdvisor] = []
        self._place: dict[int, int] | None = None
        self._writing: Future[None] | None = None

    def step(self, serving: Iterable[LoadedAdvisor], read: Mapping[int, int]) -> None:
        """Do the next piece of work, if one is due; `read` is how far labels were read."""
        if self._writing is not None:
            if not self._writing.done():
                return
            self._settle(self._writing)
            self._writing = None
        if self._left:
            self._save(self._left.pop(), read)
        elif self._place is not None:
            self._end_round(self._place)
        elif self._clock() >= self._next_round:
            self._begin_round(serving, read)

    def finish(self, serving: Iterable[LoadedAdvisor], read: Mapping[int, int]) -> None:
        """Save everything that changed, now; the place only if all of it could be."""
        if self._writing is not None:
            wait_for([self._writing], timeout=_END_S)
        if not self._snapshots.may_write():
            return
        changed = [one for one in serving if one.learning.changed]
        try:
            for one in [*self._left, *changed]:
                content = _content(one, read)
                self._snapshots.write(one.tenant, one.version, content)
            self._snapshots.write_place(read)
        except OSError as error:
            _LOG.error("not_saved", error=str(error))

    def _begin_round(
        self, serving: Iterable[LoadedAdvisor], read: Mapping[int, int]
    ) -> None:
        self._next_round = self._clock() + _EVERY_S
        changed = [one for one in serving if one.learning.changed]
        if changed and self._snapshots.may_write():
            self._left, self._place = changed, dict(read)

    def _save(self, one: LoadedAdvisor, read: Mapping[int, int]) -> None:
        content = _content(one, read)
        one.learning.changed = False

        def write() -> None:
            try:
                self._snapshots.write(one.tenant, one.version, content)
            except OSError:
                one.learning.changed = True
                raise

        self._writing = in_background(write)

    def _end_round(self, place: Mapping[int, int]) -> None:
        self._place = None
        self._writing = in_background(lambda: self._snapshots.write_place(place))

    def _settle(self, writing: "Future[None]") -> None:
        error = writing.exception()
        if error is not None:
            self._left, self._place = [], None  # the place waits for a whole round
            _LOG.error("not_saved", error=str(error))


def _content(one: LoadedAdvisor, read: Mapping[int, int]) -> bytes:
    one.learning.read_up_to(read)
    return snapshot(one.learning.state, one.bundle)
