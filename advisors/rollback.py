"""From the advisor in service back to its parent."""

from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.promotions import InService
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorRolledBack


def back_to_parent(
    settings: Settings, now: InService, reason: str
) -> AdvisorRolledBack | None:
    """Return the message that puts the parent of `now` into service; None without one.

    The bundle's card names the parent, so a second rollback goes to the parent's parent
    and never returns to what was withdrawn.

    Raises:
        BundleError: the bundle or its parent is damaged or not in this model store.
    """
    store = ModelStore(settings.models)
    parent = store.bundle(now.tenant, now.version).card.parent
    if not parent:
        return None
    return AdvisorRolledBack(
        tenant=now.tenant,
        version=parent,
        withdrawn=now.version,
        checksum=store.bundle(now.tenant, parent).checksum,
        reason=reason,
    )
