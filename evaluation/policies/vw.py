"""Vowpal Wabbit's contextual bandit, as its users would configure it for this task.

cb_explore_adf with SquareCB (Foster and Rakhlin, 2020), words of the problem crossed with
the approach; the text format is that of Vowpal Wabbit's wiki, "Contextual Bandit algorithms".
"""

import re

import numpy as np
from vowpalwabbit import Workspace

from pilotfish.evaluation.policies.policy import Case, Decision, Outcome

_OPTIONS = "--cb_explore_adf --squarecb -q pa -q ta --quiet --random_seed 1"


class VowpalWabbit:
    """Learns costs (0 success, 1 failure) of approaches from the problem's words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._vw = Workspace(_OPTIONS)

    def choose(self, case: Case) -> Decision:
        """Draw from the distribution that it predicts."""
        shares = np.asarray(self._vw.predict(_examples(case)), np.float64)
        drawn = int(self._rng.choice(len(shares), p=shares / shares.sum()))
        return Decision(case.approaches[drawn], propensity=float(shares[drawn]))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn the cost of the approach, with the propensity of its choice."""
        propensity = decision.propensity or 1 / len(case.approaches)
        label = approach, 1 - outcome.reward, propensity
        self._vw.learn(_examples(case, label))


def _examples(case: Case, label: tuple[str, float, float] | None = None) -> list[str]:
    words = " ".join(re.findall(r"\w+", case.problem.lower()))
    kind = re.sub(r"\W", "_", case.problem_type)
    lines = [f"shared |p {words} |t kind_{kind}"]
    for place, approach in enumerate(case.approaches):
        mark = ""
        if label and label[0] == approach:
            mark = f"{place}:{label[1]}:{label[2]} "
        lines.append(f"{mark}|a {re.sub(r'[^0-9A-Za-z_]', '_', approach)}")
    return lines
