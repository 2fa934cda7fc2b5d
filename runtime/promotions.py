"""Which advisor is in service, by tenant."""

from contextlib import closing

from pilotfish.runtime import compacted
from pilotfish.runtime.compacted import CompactedReader, ignore
from pilotfish.runtime.decoding import SetAside
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.topics import ADVISORS

InService = AdvisorPromoted | AdvisorRolledBack


class PromotionReader(CompactedReader[InService]):
    """Reads promotions and rollbacks from the topic's beginning.

    Args:
        settings: which Kafka.
        set_aside: takes the records that are no promotions.
    """

    def __init__(self, settings: Settings, set_aside: SetAside = ignore) -> None:
        super().__init__(settings, ADVISORS, lambda message: message.tenant, set_aside)


def in_service(settings: Settings) -> dict[str, InService]:
    """Return the newest message of each tenant, by tenant.

    Raises:
        UnavailableError: Kafka does not answer within ten seconds.
    """
    with closing(PromotionReader(settings)) as reader:
        return {message.tenant: message for message in reader.read_to_end()}


def announce(settings: Settings, message: InService) -> None:
    """Publish a change of service and wait until Kafka has it; raises as `in_service`."""
    compacted.announce(settings, ADVISORS, message.tenant, message)
