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

from pilotfish.advisors.bundle import Bundle, load
from pilotfish.advisors.encoders import Encoders
from pilotfish.advisors.state import AdvisorState
from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.advisor.catch_up import catch_up
from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor, load_advisor
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
_ROLLBACK_S: Final = 2.0
"""How long a parent learns before it serves again: it must do so within five seconds, and
learns the rest while it serves."""


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
        self._settings = settings
        self._snapshots = snapshots
        self._clock = clock
        self._store = ModelStore(settings.models)
        self._encoders = Encoders()
        self._loaded: dict[str, LoadedAdvisor] = {}
        self._pending: dict[str, _Pending] = {}
        self._loading: tuple[InService, Future[LoadedAdvisor]] | None = None
        self._base: LoadedAdvisor | None = None
        self._next_base_attempt = 0.0
        self._closed = threading.Event()

    @property
    def loaded(self) -> Iterable[LoadedAdvisor]:
        """The advisors that learn, each of one tenant."""
        return self._loaded.values()

    @property
    def ready(self) -> bool:
        """Whether there is a base bundle: without it no advisor can learn labels."""
        return self._base_advisor() is not None

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
        """Return the advisor that answers a tenant; None where there is no bundle."""
        return (
            self._loaded.get(tenant)
            or self._from_snapshot(tenant)
            # Tenants without any label share the base advisor, which never learns.
            or self._base_advisor()
        )

    def for_labels(self, tenant: str, read: Mapping[int, int]) -> LoadedAdvisor:
        """Return the advisor that learns a tenant's labels.

        A tenant without an advisor has no labels before `read`, the offsets up to which
        labels were read: its advisor begins there.
        """
        loaded = self._loaded.get(tenant) or self._from_snapshot(tenant)
        if loaded is not None:
            return loaded
        base = self._base_advisor()
        assert base is not None
        state = AdvisorState.of_bundle(base.bundle, read)
        loaded = self._loaded[tenant] = self._load(tenant, base.bundle, state)
        return loaded

    def close(self) -> None:
        """End what is being loaded."""
        self._closed.set()

    def _from_snapshot(self, tenant: str) -> LoadedAdvisor | None:
        base = self._base_advisor()
        state = self._snapshots.read(tenant, base.bundle) if base else None
        if base is None or state is None:
            return None
        loaded = self._loaded[tenant] = self._load(tenant, base.bundle, state)
        return loaded

    def _base_advisor(self) -> LoadedAdvisor | None:
        if self._base is None and self._clock() >= self._next_base_attempt:
            self._next_base_attempt = self._clock() + _BASE_AGAIN_S
            try:
                self._base = self._load("", self._store.base(), None)
            except BundleError as error:
                _LOG.error("no_base_advisor", error=str(error))
        return self._base

    def _begin_loading(self) -> None:
        now = self._clock()
        due = [
            each.message for each in self._pending.values() if each.not_before <= now
        ]
        if due:
            # A rollback goes first: the advisor in service does harm.
            message = min(due, key=lambda each: isinstance(each, AdvisorPromoted))
            self._loading = message, in_background(lambda: self._prepare(message))

    def _prepare(self, message: InService) -> LoadedAdvisor:
        """Load, verify and teach; runs in the background."""
        folder = self._store.find(message.tenant, message.version)
        bundle = load(folder, message.checksum)
        if isinstance(message, AdvisorPromoted):
            return self._load_taught(message.tenant, bundle, self._closed.is_set)
        deadline = self._clock() + _ROLLBACK_S
        return self._load_taught(
            message.tenant,
            bundle,
            lambda: self._closed.is_set() or self._clock() >= deadline,
        )

    def _load_taught(
        self, tenant: str, bundle: Bundle, enough: Callable[[], bool]
    ) -> LoadedAdvisor:
        loaded = self._load(tenant, bundle, self._snapshots.read(tenant, bundle))
        catch_up(self._settings, loaded, enough)
        return loaded

    def _load(
        self, tenant: str, bundle: Bundle, state: AdvisorState | None
    ) -> LoadedAdvisor:
        weight = self._settings.cost_weight
        return load_advisor(tenant, bundle, state, self._encoders, weight)

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
        base = self._base_advisor()
        if base is not None:
            self._loaded[tenant] = self._load_taught(tenant, base.bundle, enough)
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
