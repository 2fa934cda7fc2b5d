"""What an advice policy is: it chooses an approach, then learns what came of it."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from pilotfish.advisors.encoder import Embeddings


class Case(NamedTuple):
    """A problem as a policy meets it; `offered` are the approaches to choose between.

    `request_id` is unique to this meeting and seeds what is drawn.
    """

    request_id: str
    problem: str
    problem_type: str
    embedding: Embeddings
    offered: tuple[str, ...]


class Decision(NamedTuple):
    """`approach` is None where the policy abstains.

    `p_success` are predicted chances of the offered approaches, in their order; empty
    where the policy does not predict. `propensity` is that of the approach chosen.
    """

    approach: str | None
    p_success: tuple[float, ...] = ()
    propensity: float | None = None


class Outcome(NamedTuple):
    """What a policy is told of an attempt.

    `reward` is what counts for those who know of one number only: success less weighted
    cost, brought into [0, 1]. Where cost does not count, it is the success.
    """

    success: float
    cost: float
    reward: float


class Policy(Protocol):
    """A learner of advice; one order of problems, from nothing to the end."""

    def choose(self, case: Case) -> Decision:
        """Advise on a problem."""
        ...

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn the outcome of the approach that was taken, advised or not."""
        ...


Maker = Callable[[np.random.Generator], Policy]
"""Makes a policy that has learned nothing yet; one is made for each order."""
