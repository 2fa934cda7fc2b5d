"""The policy in service: the advisor's own fast head and choice, told of one tenant."""

from pilotfish.advisors.costs import Costs
from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import choose
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome


class FastAdvisor:
    """What `consumers/advisor/loaded_advisor.py` answers and `consumers/advisor/fast_learning.py` learns.

    Args:
        dim: length of an embedding.
        cost_weight: what a unit of cost takes from a chance of success.
    """

    def __init__(self, dim: int, cost_weight: float = 0.0) -> None:
        self._head, self._costs = FastHead(dim), Costs()
        self._cost_weight = cost_weight

    def choose(self, case: Case) -> Decision:
        """Predict, then choose or abstain, as for a request on the topic."""
        charge = self._cost_weight, self._costs
        return advise(self._head, case.embedding, case, charge)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Teach the head, and count the cost."""
        kind = case.problem_type
        self._head.learn(case.embedding, kind, approach, outcome.success)
        self._costs.learn(kind, approach, outcome.cost)


def advise(
    head: FastHead, row: Embeddings, case: Case, charge: tuple[float, Costs]
) -> Decision:
    """Return what the advisor says to a problem with this embedding.

    `charge` is what a unit of cost takes from a chance, and the costs to expect.
    """
    names, (weight, costs) = list(case.offered), charge
    means, sds = head.predict(row, case.problem_type, names)
    net = means - weight * costs.expected(case.problem_type, names)
    choice = choose(list(net), list(sds), case.request_id)
    p_success = tuple(means.tolist())
    if choice.chosen is None:
        return Decision(None, p_success)
    chosen = choice.chosen
    return Decision(names[chosen], p_success, choice.propensities[chosen])
