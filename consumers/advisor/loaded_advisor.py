"""One tenant's advisor in service: a bundle, its open encoder, and what it learns."""

from dataclasses import dataclass

from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache
from pilotfish.advisors.encoders import Encoders
from pilotfish.advisors.state import AdvisorState


@dataclass(frozen=True, slots=True)
class LoadedAdvisor:
    """A tenant's advisor; tenants share encoders, never what was learned."""

    tenant: str
    bundle: Bundle
    embeddings: EmbeddingCache
    advisor: Advisor

    @property
    def version(self) -> str:
        """The version that hints name."""
        return self.bundle.card.version


def load_advisor(
    tenant: str,
    bundle: Bundle,
    state: AdvisorState | None,
    encoders: Encoders,
    cost_weight: float = 0.0,
) -> LoadedAdvisor:
    """Return a bundle ready to serve, in its own first state where `state` is None.

    `cost_weight` is what a unit of expected cost takes from a chance of success.

    Raises:
        BundleError: encoder or head cannot be read.
    """
    embeddings = encoders.of(bundle)
    state = state or AdvisorState.of_bundle(bundle, {})
    advisor = Advisor(state, embeddings, bundle.card, cost_weight)
    return LoadedAdvisor(tenant, bundle, embeddings, advisor)
