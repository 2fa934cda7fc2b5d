"""The policy in service: the advisor's own fast head and choice, told of one tenant."""

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import choose
from pilotfish.trainers.policies.policy import Case, Decision


class FastAdvisor:
    """What `consumers/serving.py` answers and `consumers/fast_learning.py` learns."""

    def __init__(self, dim: int) -> None:
        self._head = FastHead(dim)

    def choose(self, case: Case) -> Decision:
        """Predict, then choose or abstain, as for a request on the topic."""
        return advise(self._head, case.embedding, case)

    def learn(
        self, case: Case, decision: Decision, approach: str, success: float
    ) -> None:
        """Teach the head."""
        self._head.learn(case.embedding, case.problem_type, approach, success)


def advise(head: FastHead, row: Embeddings, case: Case) -> Decision:
    """Return what the advisor says to a problem with this embedding."""
    names = list(case.offered)
    means, sds = head.predict(row, case.problem_type, names)
    choice = choose(list(means), list(sds), case.request_id)
    p_success = tuple(means.tolist())
    if choice.chosen is None:
        return Decision(None, p_success)
    chosen = choice.chosen
    return Decision(names[chosen], p_success, choice.propensities[chosen])
