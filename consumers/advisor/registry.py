"""Who advises whom: every tenant's advisor in service, and the one that comes next.

A tenant without a promotion is served by the base bundle. A promoted bundle is loaded,
verified and taught in the background, one at a time, while the old one serves on; if it
is damaged or missing, the old one stays and the new one is tried again later.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import structlog

from pilotfish.advisors.bundle import Bundle, load
from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.advisor.fast_learning import State, untaught
from pilotfish.consumers.advisor.loaded_advisor import (
    Encoders,
    LoadedAdvisor,
    catch_up,
    serve_bundle,
)
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.runtime.promotions import InService
from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import BundleError, PilotfishError

_LOG = structlog.get_logger(service="advisor")

_AGAIN_S: Final = 30.0
"""A bundle that could not be loaded may still be on its way into a shared folder."""
_BASE_AGAIN_S: Final = 2.0
_BACK_S: Final = 2.0
"""How long a step back may learn first: it serves within five seconds, and learns on."""


@dataclass(slots=True)
class _Wanted:
    """A tenant's newest promotion that is not in service yet."""

    message: InService
    not_before: float = 0.0


class AdvisorRegistry:
    """All advisors in service. Used by one thread, which must call `settle` often.

    Args:
        settings: model store and Kafka.
        snapshots: what was learned before.
        clock: seconds that only grow.
    """

    def __init__(
        self, settings: Settings, snapshots: SnapshotStore, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._snapshots = snapshots
        self._clock = clock
        self._store = ModelStore(settings.models)
        self._encoders = Encoders()
        self._serving: dict[str, LoadedAdvisor] = {}
        self._wanted: dict[str, _Wanted] = {}
        self._coming: tuple[InService, Future[LoadedAdvisor]] | None = None
        self._blank: LoadedAdvisor | None = None
        self._base_asked = -_BASE_AGAIN_S
        self._ended = threading.Event()

    @property
    def serving(self) -> Iterable[LoadedAdvisor]:
        """The advisors that learn, each of one tenant."""
        return self._serving.values()

    @property
    def ready(self) -> bool:
        """Whether there is a base bundle: without it nobody can learn labels."""
        return self._base() is not None

    def start(
        self,
        messages: Iterable[InService],
        stop: threading.Event,
        beat: Callable[[], object],
    ) -> None:
        """Put the promoted advisors into service; returns when all are, or `stop` is set.

        Calls `beat` often meanwhile: there may be many labels to learn.

        Where that fails, the base bundle serves until the promoted one can be loaded.
        """

        def enough() -> bool:
            beat()
            return stop.is_set()

        for message in messages:
            self.announced(message)
        self.settle()
        while self._coming is not None and not enough():
            stop.wait(0.02)
            self.settle()
        for tenant in set(self._wanted) - set(self._serving):
            if not enough():
                self._fall_back(tenant, enough)

    def announced(self, message: InService) -> None:
        """Note a promotion or a step back; `settle` puts it into service."""
        self._wanted[message.tenant] = _Wanted(message)

    def settle(self) -> list[LoadedAdvisor]:
        """Put into service what is ready; return those advisors, and begin the next.

        The caller must let them learn every label from their offsets on.
        """
        come = self._come()
        if self._coming is None:
            self._begin()
        return come

    def for_request(self, tenant: str) -> LoadedAdvisor | None:
        """Return who answers a tenant; None where there is no bundle at all."""
        return (
            self._serving.get(tenant)
            or self._from_snapshot(tenant)
            or self._base()  # shared by tenants of whom nothing is known yet
        )

    def for_labels(self, tenant: str, read: Mapping[int, int]) -> LoadedAdvisor:
        """Return who learns a tenant's labels; `read` is how far labels were read.

        A tenant that is not known yet has no labels before that: it begins there.
        """
        known = self._serving.get(tenant) or self._from_snapshot(tenant)
        if known is not None:
            return known
        base = self._base()
        assert base is not None
        state = untaught(base.bundle, read)
        made = self._serve(tenant, base.bundle, state)
        self._serving[tenant] = made
        return made

    def close(self) -> None:
        """End what is being prepared."""
        self._ended.set()

    def _from_snapshot(self, tenant: str) -> LoadedAdvisor | None:
        base = self._base()
        state = self._snapshots.read(tenant, base.bundle) if base else None
        if base is None or state is None:
            return None
        made = self._serve(tenant, base.bundle, state)
        self._serving[tenant] = made
        return made

    def _base(self) -> LoadedAdvisor | None:
        due = self._clock() >= self._base_asked + _BASE_AGAIN_S
        if self._blank is None and due:
            self._base_asked = self._clock()
            try:
                bundle = self._store.base()
                self._blank = self._serve("", bundle, None)
            except BundleError as error:
                _LOG.error("no_base_advisor", error=str(error))
        return self._blank

    def _begin(self) -> None:
        now = self._clock()
        due = [w.message for w in self._wanted.values() if w.not_before <= now]
        if due:
            message = min(due, key=lambda one: isinstance(one, AdvisorPromoted))
            work = in_background(lambda: self._prepare(message))
            self._coming = message, work

    def _prepare(self, message: InService) -> LoadedAdvisor:
        """Load, verify and teach; runs in the background."""
        place = self._store.find(message.tenant, message.version)
        bundle = load(place, message.checksum)
        if isinstance(message, AdvisorPromoted):
            return self._taught(message.tenant, bundle, self._ended.is_set)
        deadline = self._clock() + _BACK_S
        return self._taught(
            message.tenant,
            bundle,
            lambda: self._ended.is_set() or self._clock() >= deadline,
        )

    def _taught(
        self, tenant: str, bundle: Bundle, enough: Callable[[], bool]
    ) -> LoadedAdvisor:
        state = self._snapshots.read(tenant, bundle)
        made = self._serve(tenant, bundle, state)
        catch_up(self._settings, made, enough)
        return made

    def _serve(self, tenant: str, bundle: Bundle, state: State | None) -> LoadedAdvisor:
        weight = self._settings.cost_weight
        return serve_bundle(tenant, bundle, state, self._encoders, weight)

    def _come(self) -> list[LoadedAdvisor]:
        if self._coming is None or not self._coming[1].done():
            return []
        (message, future), self._coming = self._coming, None
        wanted = self._wanted.get(message.tenant)
        if wanted is None or wanted.message is not message:
            return []  # a newer word came meanwhile
        error = future.exception()
        if error is not None:
            wanted.not_before = self._clock() + _AGAIN_S
            self._complain(message, error)
            return []
        made = future.result()
        self._serving[message.tenant] = made
        del self._wanted[message.tenant]
        _LOG.info("in_service", tenant=message.tenant, version=made.version)
        return [made]

    def _complain(self, message: InService, error: BaseException) -> None:
        known = isinstance(error, PilotfishError)
        _LOG.error(
            "not_in_service",
            tenant=message.tenant,
            version=message.version,
            error=str(error) or type(error).__name__,
            exc_info=None if known else error,
        )

    def _fall_back(self, tenant: str, enough: Callable[[], bool]) -> None:
        base = self._base()
        if base is not None:
            self._serving[tenant] = self._taught(tenant, base.bundle, enough)
            _LOG.warning("base_in_service", tenant=tenant, version=base.version)
