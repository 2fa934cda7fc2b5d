"""Saves what advisors learned every few seconds, a tenant at a time, between hints."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import Final

import structlog

from pilotfish.advisors.snapshot import snapshot
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.runtime.service.background import in_background

_LOG = structlog.get_logger(service="advisor")

_EVERY_S: Final = 5.0
_END_S: Final = 1.0


class SnapshotWriter:
    """Rounds of snapshots: first every changed tenant, then the place all have reached.

    Only the copying of a tenant's head (10 ms) is done in the caller's thread.

    Args:
        store: where the snapshots go.
        clock: seconds that only grow.
    """

    def __init__(self, store: SnapshotStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._next_round = clock() + _EVERY_S
        self._left: list[LoadedAdvisor] = []
        self._place: dict[int, int] | None = None
        self._writing: Future[None] | None = None

    def step(self, loaded: Iterable[LoadedAdvisor], read: Mapping[int, int]) -> None:
        """Do the next piece of work, if one is due.

        `loaded` are all advisors that learn, `read` the offsets up to which labels were
        read and learned.
        """
        if self._writing is not None:
            if not self._writing.done():
                return
            self._check(self._writing)
            self._writing = None
        if self._left:
            self._save(self._left.pop(), read)
        elif self._place is not None:
            self._end_round(self._place)
        elif self._clock() >= self._next_round:
            self._begin_round(loaded, read)

    def finish(self, loaded: Iterable[LoadedAdvisor], read: Mapping[int, int]) -> None:
        """Save everything that changed, now; the place only if all of it could be."""
        if self._writing is not None:
            wait_for([self._writing], timeout=_END_S)
        if not self._store.may_write():
            return
        try:
            for changed in [*self._left, *_changed(loaded)]:
                content = _content(changed, read)
                self._store.write(changed.tenant, changed.version, content)
            self._store.write_place(read)
        except OSError as error:
            _LOG.error("not_saved", error=str(error))

    def _begin_round(
        self, loaded: Iterable[LoadedAdvisor], read: Mapping[int, int]
    ) -> None:
        self._next_round = self._clock() + _EVERY_S
        changed = _changed(loaded)
        if changed and self._store.may_write():
            self._left, self._place = changed, dict(read)

    def _save(self, loaded: LoadedAdvisor, read: Mapping[int, int]) -> None:
        content = _content(loaded, read)
        loaded.advisor.has_unsaved_labels = False

        def write() -> None:
            try:
                self._store.write(loaded.tenant, loaded.version, content)
            except OSError:
                loaded.advisor.has_unsaved_labels = True
                raise

        self._writing = in_background(write)

    def _end_round(self, place: Mapping[int, int]) -> None:
        self._place = None
        self._writing = in_background(lambda: self._store.write_place(place))

    def _check(self, writing: "Future[None]") -> None:
        """Give the round up if a file could not be written: the place waits for the next."""
        error = writing.exception()
        if error is not None:
            self._left, self._place = [], None
            _LOG.error("not_saved", error=str(error))


def _changed(loaded: Iterable[LoadedAdvisor]) -> list[LoadedAdvisor]:
    return [each for each in loaded if each.advisor.has_unsaved_labels]


def _content(loaded: LoadedAdvisor, read: Mapping[int, int]) -> bytes:
    loaded.advisor.read_up_to(read)
    return snapshot(loaded.advisor.state, loaded.bundle)
