"""Every policy that is scored, by the name it has in tables."""

from typing import Final

from pilotfish.trainers.policies.embedded import LinearThompson, Neighbours
from pilotfish.trainers.policies.pilotfish import FastAdvisor
from pilotfish.trainers.policies.policy import Maker
from pilotfish.trainers.policies.tallies import RandomChoice, Thompson
from pilotfish.trainers.policies.vw import VowpalWabbit

PILOTFISH: Final = "pilotfish fast"
VOWPAL_WABBIT: Final = "VW squarecb"


def makers(dim: int) -> dict[str, Maker]:
    """Return what makes each policy, for embeddings of length `dim`."""
    return {
        "random": RandomChoice,
        "Thompson": lambda rng: Thompson(rng, by_type=False),
        "Thompson by type": lambda rng: Thompson(rng, by_type=True),
        "nearest 20": Neighbours,
        "linear Thompson": LinearThompson,
        VOWPAL_WABBIT: VowpalWabbit,
        PILOTFISH: lambda _rng: FastAdvisor(dim),
    }
