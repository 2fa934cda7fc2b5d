"""Loads advisors from the model store, with what they have learned before."""

import threading
from collections.abc import Callable, Mapping
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
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import BundleError

_LOG = structlog.get_logger(service="advisor")

_BASE_AGAIN_S: Final = 2.0
_ROLLBACK_S: Final = 2.0
"""How long a parent learns before it serves again: it must do so within five seconds, and
learns the rest while it serves."""


class AdvisorLoader:
    """Makes advisors that are ready to serve; tenants share open encoders.

    Args:
        settings: model store, Kafka and the weight of costs.
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
        self._base: LoadedAdvisor | None = None
        self._next_base_attempt = 0.0
        self._closed = threading.Event()

    def base(self) -> LoadedAdvisor | None:
        """Return the base advisor, which never learns; None while there is no bundle.

        Looks for the bundle every two seconds at most.
        """
        if self._base is None and self._clock() >= self._next_base_attempt:
            self._next_base_attempt = self._clock() + _BASE_AGAIN_S
            try:
                self._base = self._load("", self._store.base(), None)
            except BundleError as error:
                _LOG.error("no_base_advisor", error=str(error))
        return self._base

    def new(
        self, tenant: str, bundle: Bundle, read: Mapping[int, int]
    ) -> LoadedAdvisor:
        """Return an advisor that has learned no label, and will from `read` on."""
        return self._load(tenant, bundle, AdvisorState.of_bundle(bundle, read))

    def from_snapshot(self, tenant: str, bundle: Bundle) -> LoadedAdvisor | None:
        """Return the advisor that was saved for a tenant and bundle, if one was."""
        state = self._snapshots.read(tenant, bundle)
        return None if state is None else self._load(tenant, bundle, state)

    def taught(
        self, tenant: str, bundle: Bundle, enough: Callable[[], bool]
    ) -> LoadedAdvisor:
        """Return an advisor that has learned the labels in Kafka, or `enough` of them.

        Raises:
            UnavailableError: Kafka does not answer.
        """
        loaded = self._load(tenant, bundle, self._snapshots.read(tenant, bundle))
        catch_up(self._settings, loaded, enough)
        return loaded

    def prepare(self, message: InService) -> LoadedAdvisor:
        """Load, verify and teach what a message puts into service; takes a while.

        Raises:
            BundleError: the bundle is missing or damaged.
            UnavailableError: Kafka does not answer.
        """
        folder = self._store.find(message.tenant, message.version)
        bundle = load(folder, message.checksum)
        if isinstance(message, AdvisorPromoted):
            return self.taught(message.tenant, bundle, self._closed.is_set)
        deadline = self._clock() + _ROLLBACK_S
        return self.taught(
            message.tenant,
            bundle,
            lambda: self._closed.is_set() or self._clock() >= deadline,
        )

    def close(self) -> None:
        """End what is being prepared."""
        self._closed.set()

    def _load(
        self, tenant: str, bundle: Bundle, state: AdvisorState | None
    ) -> LoadedAdvisor:
        weight = self._settings.cost_weight
        return load_advisor(tenant, bundle, state, self._encoders, weight)
