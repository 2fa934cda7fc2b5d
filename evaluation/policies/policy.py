"""What an advice policy is: it chooses an approach, then learns what came of it."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from pilotfish.advisors.encoder import Embeddings


class Case(NamedTuple):
    """A problem as a policy meets it: a request, with its embedding.

    `approaches` are those to choose among. `request_id` is unique to this request and
    seeds what is drawn.
    """

    request_id: str
    problem: str
    problem_type: str
    embedding: Embeddings
    approaches: tuple[str, ...]


class Decision(NamedTuple):
    """`approach` is None where the policy abstains.

    `p_success` are predicted chances of the case's approaches, in their order; empty
    where the policy does not predict. `propensity` is that of the approach chosen.
    """

    approach: str | None
    p_success: tuple[float, ...] = ()
    propensity: float | None = None


class Outcome(NamedTuple):
    """What came of an attempt, as a policy learns it.

    `reward` is for policies that learn a single number: success less weighted cost,
    brought into [0, 1]. Where cost does not count, it is the success.
    """

    success: float
    cost: float
    reward: float


class Policy(Protocol):
    """A learner of advice, for one pass over the problems of a log."""

    def choose(self, case: Case) -> Decision:
        """Advise on a problem."""
        ...

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn the outcome of the approach that was taken, advised or not."""
        ...


PolicyFactory = Callable[[np.random.Generator], Policy]
"""Makes a policy that has learned nothing yet; each order gets its own."""
