"""The bundle of the advisor in service."""

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.promotions import in_service
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base


def incumbent(settings: Settings, tenant: str) -> Bundle:
    """Return the bundle in service for a tenant, or the base bundle.

    Raises:
        UnavailableError: Kafka does not answer.
        BundleError: the bundle in service is damaged or not in this model store.
    """
    message = in_service(settings).get(tenant)
    if message is None:
        return ensure_base(settings)
    place = ModelStore(settings.models).find(tenant, message.version)
    return bundle.load(place, message.checksum)
