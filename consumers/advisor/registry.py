"""Which advisor serves which tenant, and which one is about to.

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

from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.consumers.advisor.loader import AdvisorLoader
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.runtime.promotions import InService
from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import PilotfishError

_LOG = structlog.get_logger(service="advisor")

_AGAIN_S: Final = 30.0
"""A bundle that could not be loaded may still be on its way into a shared folder."""


@dataclass(slots=True)
class _Pending:
    """A tenant's newest promotion or rollback that is not in service yet."""

    message: InService
    not_before: float = 0.0


class AdvisorRegistry:
    """All advisors in service. Used by one thread, which must call `settle` often.

    Args:
        settings: model store and Kafka.
        snapshots: what advisors learned before.
        clock: seconds that only grow.
    """

    def __init__(
        self, settings: Settings, snapshots: SnapshotStore, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._loader = AdvisorLoader(settings, snapshots, clock)
        self._loaded: dict[str, LoadedAdvisor] = {}
        self._pending: dict[str, _Pending] = {}
        self._loading: tuple[InService, Future[LoadedAdvisor]] | None = None

    @property
    def loaded(self) -> Iterable[LoadedAdvisor]:
        """The advisors that learn, each of one tenant."""
        return self._loaded.values()

    @property
    def ready(self) -> bool:
        """Whether there is a base bundle: without it no advisor can learn labels."""
        return self._loader.base() is not None

    def start(
        self,
        messages: Iterable[InService],
        stop: threading.Event,
        beat: Callable[[], object],
    ) -> None:
        """Put the promoted advisors into service; returns when all are, or `stop` is set.

        Calls `beat` often meanwhile: there may be many labels to learn. Where a promoted
        bundle cannot be loaded, the base bundle serves until it can be.
        """

        def enough() -> bool:
            beat()
            return stop.is_set()

        for message in messages:
            self.announced(message)
        self.settle()
        while self._loading is not None and not enough():
            stop.wait(0.02)
            self.settle()
        for tenant in self._pending.keys() - self._loaded.keys():
            if not enough():
                self._fall_back(tenant, enough)

    def announced(self, message: InService) -> None:
        """Note a promotion or a rollback; `settle` puts it into service."""
        self._pending[message.tenant] = _Pending(message)

    def settle(self) -> list[LoadedAdvisor]:
        """Put into service what is ready; return those advisors, and begin the next.

        The caller must let them learn every label from their offsets on.
        """
        ready = self._take_ready()
        if self._loading is None:
            self._begin_loading()
        return ready

    def for_request(self, tenant: str) -> LoadedAdvisor | None:
        """Return the advisor that answers a tenant; None where there is no bundle.

        Tenants without any label share the base advisor.
        """
        return self._own(tenant) or self._loader.base()

    def base(self) -> LoadedAdvisor | None:
        """Return the base advisor, which never learns; None while there is no bundle."""
        return self._loader.base()

    def for_labels(self, tenant: str, read: Mapping[int, int]) -> LoadedAdvisor:
        """Return the advisor that learns a tenant's labels.

        A tenant without an advisor has no labels before `read`, the offsets up to which
        labels were read: its advisor begins there.
        """
        own = self._own(tenant)
        if own is None:
            base = self._loader.base()
            assert base is not None
            own = self._loaded[tenant] = self._loader.new(tenant, base.bundle, read)
        return own

    def close(self) -> None:
        """End what is being loaded."""
        self._loader.close()

    def _own(self, tenant: str) -> LoadedAdvisor | None:
        """Return a tenant's own advisor, from its snapshot if it is not loaded."""
        if tenant in self._loaded:
            return self._loaded[tenant]
        base = self._loader.base()
        saved = self._loader.from_snapshot(tenant, base.bundle) if base else None
        if saved is not None:
            self._loaded[tenant] = saved
        return saved

    def _begin_loading(self) -> None:
        now = self._clock()
        due = [p.message for p in self._pending.values() if p.not_before <= now]
        if due:
            # A rollback goes first: the advisor in service does harm.
            message = min(due, key=lambda each: isinstance(each, AdvisorPromoted))
            work = in_background(lambda: self._loader.prepare(message))
            self._loading = message, work

    def _take_ready(self) -> list[LoadedAdvisor]:
        """Put into service what the background has finished, unless it is outdated."""
        if self._loading is None or not self._loading[1].done():
            return []
        (message, future), self._loading = self._loading, None
        pending = self._pending.get(message.tenant)
        if pending is None or pending.message is not message:
            return []  # a newer promotion or rollback came meanwhile
        error = future.exception()
        if error is not None:
            pending.not_before = self._clock() + _AGAIN_S
            _log_failure(message, error)
            return []
        loaded = self._loaded[message.tenant] = future.result()
        del self._pending[message.tenant]
        _LOG.info("in_service", tenant=message.tenant, version=loaded.version)
        return [loaded]

    def _fall_back(self, tenant: str, enough: Callable[[], bool]) -> None:
        base = self._loader.base()
        if base is not None:
            self._loaded[tenant] = self._loader.taught(tenant, base.bundle, enough)
            _LOG.warning("base_in_service", tenant=tenant, version=base.version)


def _log_failure(message: InService, error: BaseException) -> None:
    expected = isinstance(error, PilotfishError)
    _LOG.error(
        "not_in_service",
        tenant=message.tenant,
        version=message.version,
        error=str(error) or type(error).__name__,
        exc_info=None if expected else error,
    )
