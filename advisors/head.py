"""The fast head: P(success) of each approach on a problem, learned label by label.

Two panels of Bayesian regressions learn every label: a plain one that knows approach and
problem type, and one that also sees the text. Their predictions are averaged by how
well each foretold the outcomes so far (Bayesian model averaging, Hoeting et al., 1999):
where the text says nothing about what works, the plain one is soon believed alone.
"""

import json
from math import exp
from typing import Any, Final

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from pilotfish.advisors.features import PLAIN_WIDTH, WAVES_WIDTH, plain, waves
from pilotfish.advisors.panel import Panel
from pilotfish.advisors.regression import Vector
from pilotfish.schemas.errors import BundleError

_EDGE: Final = 0.01
"""Predictions keep this distance from 0 and 1: nothing is certain."""
_MIDDLE: Final = 0.5
"""What is expected of anything before the first label."""
_FAIR: Final = 30.0
"""Log odds of the panels beyond which one of them is out."""


class FastHead:
    """Predicts P(success) with its uncertainty; deterministic, one thread at a time.

    Args:
        dim: length of an embedding.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._plain = Panel(PLAIN_WIDTH)
        self._waves = Panel(WAVES_WIDTH)

    @property
    def approaches(self) -> list[str]:
        """Every approach it has seen, in the order of their first labels."""
        return list(self._plain.own)

    @property
    def trust_in_text(self) -> float:
        """The probability that the text tells something about what works."""
        odds = self._waves.evidence - self._plain.evidence
        return 1.0 / (1.0 + exp(-min(max(odds, -_FAIR), _FAIR)))

    def learn(
        self,
        embedding: NDArray[np.float32],
        problem_type: str,
        approach: str,
        p_success: float,
    ) -> None:
        """Learn one labelled attempt.

        Each counts the same, advised or not: what is predicted is the outcome given
        problem and approach, which the choice of the approach does not change.
        """
        target = p_success - _MIDDLE
        self._plain.learn(plain(problem_type), approach, target)
        self._waves.learn(waves(embedding, problem_type), approach, target)

    def revise(
        self,
        embedding: NDArray[np.float32],
        problem_type: str,
        approach: str,
        old_p: float,
        new_p: float,
    ) -> None:
        """Let an attempt that was learned as `old_p` have been learned as `new_p`.

        Exact up to rounding.

        Raises:
            KeyError: no attempt with this approach was ever learned.
        """
        change = (old_p - _MIDDLE, new_p - _MIDDLE)
        self._plain.revise(plain(problem_type), approach, change)
        self._waves.revise(waves(embedding, problem_type), approach, change)

    def predict(
        self, embedding: NDArray[np.float32], problem_type: str, approaches: list[str]
    ) -> tuple[Vector, Vector]:
        """Return means of P(success) inside (0, 1) and their standard deviations.

        Row i is about approaches[i]. The deviation is what more labels would shrink,
        not the spread of single outcomes.
        """
        trust = self.trust_in_text
        blind, doubt = self._plain.predict(plain(problem_type), approaches)
        seeing, unsure = self._waves.predict(waves(embedding, problem_type), approaches)
        means = trust * seeing + (1 - trust) * blind
        disagreement = trust * (1 - trust) * (seeing - blind) ** 2
        variances = trust * unsure + (1 - trust) * doubt + disagreement
        return np.clip(means + _MIDDLE, _EDGE, 1 - _EDGE), np.sqrt(variances)

    def to_bytes(self) -> bytes:
        """Return the whole state as safetensors; equal states give equal bytes."""
        names = json.dumps([self.dim, *self.approaches]).encode()
        tensors: dict[str, NDArray[Any]] = {"names": np.frombuffer(names, np.uint8)}
        for name, panel in (("plain", self._plain), ("waves", self._waves)):
            tensors |= {f"{name}.{part}": v for part, v in panel.tensors().items()}
        return safetensors.numpy.save(tensors)

    @classmethod
    def from_bytes(cls, content: bytes) -> "FastHead":
        """Return the head that `to_bytes` wrote, equal to the bit.

        Raises:
            BundleError: these bytes are no head of this pilotfish.
        """
        try:
            state = safetensors.numpy.load(content)
            dim, *names = json.loads(state["names"].tobytes())
            head = cls(dim)
            for name, panel in (("plain", head._plain), ("waves", head._waves)):
                parts = ("mean", "covariance", "record")
                panel.restore(names, *(state[f"{name}.{part}"] for part in parts))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"these bytes are no fast head: {error}") from error
        return head
