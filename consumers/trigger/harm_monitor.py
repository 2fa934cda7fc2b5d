"""Rolls a promotion back if hinted attempts succeed less often than the live holdout.

The trigger runs it. All its state is in Kafka and ClickHouse, so a restart loses nothing;
a rollback is itself the tenant's newest promotion, so it happens once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from pilotfish.advisors.rollback import back_to_parent
from pilotfish.consumers.trigger.harm_test import Counts, harm_test
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.promotions import (
    InService,
    PromotionReader,
    announce,
    in_service,
)
from pilotfish.runtime.service.metrics import ROLLBACKS
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import BundleError

_LOG = structlog.get_logger(service="trigger")

_EVERY: Final = timedelta(seconds=5)

# By the time of the hint: a version that is promoted again is judged afresh, and agents'
# clocks do not matter.
_COUNTS = """
SELECT countIf(NOT hint_holdout), countIf(NOT hint_holdout AND p_success >= 0.5),
       countIf(hint_holdout), countIf(hint_holdout AND p_success >= 0.5)
FROM attempts FINAL
WHERE tenant = {tenant:String} AND version > 0 AND p_success IS NOT NULL
  AND hint_advisor = {version:String}
  AND hint_request_id IN (
    SELECT request_id FROM hints
    WHERE tenant = {tenant:String} AND advisor_version = {version:String}
      AND at >= {since:DateTime64(6, 'UTC')})
"""


class HarmMonitor:
    """Tests the tenants with new labels, each at most every five seconds.

    Args:
        settings: Kafka and the model store.
        clickhouse: the attempts and hints; `close` closes the connection.
        clock: returns the time, aware.
    """

    def __init__(
        self,
        settings: Settings,
        clickhouse: ClickHouse,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clickhouse = clickhouse
        self._clock = clock
        self._promotions = PromotionReader(settings)
        self._promoted: dict[str, AdvisorPromoted] = {}
        self._due: dict[str, datetime] = {}

    def close(self) -> None:
        """Disconnect."""
        self._promotions.close()
        self._clickhouse.close()

    def start(self) -> None:
        """Read which advisors are in service; their tenants are due at once.

        Raises:
            UnavailableError: Kafka does not answer within ten seconds.
        """
        for message in self._promotions.read_to_end():
            self._note(message)

    def labelled(self, tenant: str) -> None:
        """Note a new label of a tenant."""
        self._due.setdefault(tenant, self._clock() + _EVERY)

    def step(self) -> None:
        """Test the tenants that are due; roll back where hints do harm.

        Raises:
            UnavailableError: Kafka or ClickHouse does not answer; call again.
        """
        for message in self._promotions.read():
            self._note(message)
        now = self._clock()
        for tenant in [name for name, at in self._due.items() if at <= now]:
            if tenant in self._promoted:
                self._test(self._promoted[tenant])
            del self._due[tenant]

    def _note(self, message: InService) -> None:
        if isinstance(message, AdvisorPromoted):
            self._promoted[message.tenant] = message
            self._due[message.tenant] = self._clock()
        else:
            self._promoted.pop(message.tenant, None)

    def _test(self, promoted: AdvisorPromoted) -> None:
        reason = harm_test(counts(self._clickhouse, promoted))
        # Read again, so that a newer advisor is not withdrawn for this one's harm.
        if reason and in_service(self._settings).get(promoted.tenant) == promoted:
            self._roll_back(promoted, reason)

    def _roll_back(self, promoted: AdvisorPromoted, reason: str) -> None:
        advisor = {"tenant": promoted.tenant, "version": promoted.version}
        try:
            message = back_to_parent(self._settings, promoted, reason)
        except BundleError as error:
            _LOG.error("cannot_roll_back", **advisor, reason=reason, error=str(error))
            return
        if message is None:
            _LOG.warning("no_parent_to_roll_back_to", **advisor, reason=reason)
            return
        announce(self._settings, message)
        ROLLBACKS.inc()
        del self._promoted[promoted.tenant]
        _LOG.warning("rolled_back", **advisor, to=message.version, reason=reason)


def counts(clickhouse: ClickHouse, promoted: AdvisorPromoted) -> Counts:
    """Return the counts of labelled attempts that an advisor answered since its promotion.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    params = {
        "tenant": promoted.tenant,
        "version": promoted.version,
        "since": promoted.at,
    }
    [row] = clickhouse.query(_COUNTS, params)
    return Counts(*(int(count) for count in row))
