"""Every policy that is scored, by its name in tables."""

from typing import TYPE_CHECKING, Final

from pilotfish.evaluation.policies.embedded import LinearThompson, Neighbours
from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.policies.policy import PolicyFactory
from pilotfish.evaluation.policies.ridge import TfidfRidge
from pilotfish.evaluation.policies.tallies import RandomChoice, Thompson
from pilotfish.evaluation.policies.vw import VowpalWabbit

if TYPE_CHECKING:
    from pilotfish.evaluation.policies.trained import SharedTrainings

PILOTFISH: Final = "pilotfish fast"
SLOW: Final = "pilotfish slow"
BOTH: Final = "pilotfish (both)"
VOWPAL_WABBIT: Final = "VW squarecb"


def policies(dim: int, cost_weight: float = 0.0) -> dict[str, PolicyFactory]:
    """Return the policies that learn as they go, for embeddings of length `dim`.

    `cost_weight` is what a unit of cost takes from a success.
    """
    return {
        "random": RandomChoice,
        "Thompson": lambda rng: Thompson(rng, by_type=False),
        "Thompson by type": lambda rng: Thompson(rng, by_type=True),
        "nearest 20": Neighbours,
        "linear Thompson": LinearThompson,
        VOWPAL_WABBIT: VowpalWabbit,
        PILOTFISH: lambda _rng: FastAdvisor(dim, cost_weight),
    }


def batch_policies(dim: int, cost_weight: float = 0.0) -> dict[str, PolicyFactory]:
    """Return `policies` and those that can only learn from everything at once."""
    return {"tf-idf ridge": TfidfRidge, **policies(dim, cost_weight)}


def trained_policies(trainings: "SharedTrainings") -> dict[str, PolicyFactory]:
    """Return the policies with trainings, each of which takes a minute."""
    from pilotfish.evaluation.policies.trained import TrainedAdvisor

    return {
        SLOW: lambda _rng: TrainedAdvisor(trainings, in_service=False),
        BOTH: lambda _rng: TrainedAdvisor(trainings, in_service=True),
    }
