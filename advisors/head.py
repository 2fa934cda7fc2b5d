"""The fast head: P(success) of each approach on a problem, learned label by label.

Panels of Bayesian regressions learn every label side by side: a plain one that knows
approach and problem type, and some that also see the text, each expecting more of it.
Their predictions are averaged by how well each predicted the outcomes so far (Bayesian
model averaging, Hoeting et al., 1999): where the text says nothing about what works, the
plain one soon counts alone.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from pilotfish.advisors.change import ChangeWatch
from pilotfish.advisors.features import (
    MEANING_WIDTH,
    PLAIN_WIDTH,
    by_meaning,
    plain,
    waves,
)
from pilotfish.advisors.panel import RegressionPanel
from pilotfish.advisors.regression import Vector
from pilotfish.schemas.errors import BundleError

EDGE: Final = 0.01
"""Predictions keep this distance from 0 and 1: nothing is certain."""
_MIDDLE: Final = 0.5
"""What is expected of anything before the first label."""
_HEIGHTS: Final = (0.12, 0.25, 0.5)
"""How much a text's meaning may add to a chance; each panel assumes one of them."""


class FastHead:
    """Predicts P(success) with its uncertainty; deterministic, one thread at a time.

    Args:
        dim: length of an embedding.
        words: how many of its numbers, the last ones, are a lexicon's scores.
    """

    def __init__(self, dim: int, words: int = 0) -> None:
        self.dim, self.words = dim, words
        self._panels = {"plain": RegressionPanel(PLAIN_WIDTH)}
        self._panels |= {
            f"meaning {h}": RegressionPanel(MEANING_WIDTH) for h in _HEIGHTS
        }
        if words:
            width = MEANING_WIDTH + words
            self._panels["words"] = RegressionPanel(PLAIN_WIDTH + words)
            self._panels |= {
                f"words, meaning {h}": RegressionPanel(width) for h in _HEIGHTS[::2]
            }
        self._watches: dict[str, ChangeWatch] = {}

    @property
    def meaning(self) -> int:
        """How many numbers of an embedding, the first ones, come from the encoder."""
        return self.dim - self.words

    @property
    def approaches(self) -> list[str]:
        """Every approach it has seen, in the order of their first labels."""
        return list(self._panels["plain"].own)

    def attempts(self, approach: str) -> int:
        """Return how many attempts of an approach it has learned since it last changed."""
        own = self._panels["plain"].own.get(approach)
        return 0 if own is None else round(own.record[0])

    @property
    def trust(self) -> dict[str, float]:
        """The probability of each panel that it is the right one."""
        evidence = np.array([panel.evidence for panel in self._panels.values()])
        shares = np.exp(evidence - evidence.max())
        return dict(zip(self._panels, shares / shares.sum(), strict=True))

    @property
    def trust_in_text(self) -> float:
        """The probability that the text says something about what works."""
        return 1.0 - self.trust["plain"]

    def learn(
        self,
        embedding: NDArray[np.float32],
        problem_type: str,
        approach: str,
        p_success: float,
    ) -> None:
        """Learn one labelled attempt.

        Each counts the same, advised or not: what is predicted is the outcome given
        problem and approach, which the choice of the approach does not change. Where
        an approach is seen to have changed, what it did before counts little from then on.
        """
        views = self._views(embedding, problem_type)
        means, _ = self._averaged(views, [approach])
        for panel, features in views:
            panel.learn(features, approach, p_success - _MIDDLE)
        watch = self._watches.setdefault(approach, ChangeWatch())
        if watch.changed(p_success - float(means[0])):
            for panel in self._panels.values():
                panel.doubt(approach)

    def changes(self, approach: str) -> int:
        """Return how often an approach was seen to change."""
        watch = self._watches.get(approach)
        return 0 if watch is None else watch.alarms

    def revise(
        self,
        embedding: NDArray[np.float32],
        problem_type: str,
        approach: str,
        old_p: float,
        new_p: float,
    ) -> None:
        """Let an attempt that was learned as `old_p` have been learned as `new_p`.

        Exact up to rounding, except that changes are not looked for again. Not for
        attempts that were learned before the approach's last change.

        Raises:
            KeyError: no attempt with this approach was ever learned.
        """
        change = (old_p - _MIDDLE, new_p - _MIDDLE)
        for panel, features in self._views(embedding, problem_type):
            panel.revise(features, approach, change)

    def predict(
        self, embedding: NDArray[np.float32], problem_type: str, approaches: list[str]
    ) -> tuple[Vector, Vector]:
        """Return means of P(success) inside (0, 1) and their standard deviations.

        Row i is about approaches[i]. The deviation is what more labels would shrink,
        not the spread of single outcomes.
        """
        return self._averaged(self._views(embedding, problem_type), approaches)

    def _averaged(
        self, views: Sequence[tuple[RegressionPanel, Vector]], approaches: Sequence[str]
    ) -> tuple[Vector, Vector]:
        predicted = [panel.predict(features, approaches) for panel, features in views]
        trust = np.array(list(self.trust.values()))
        means, variances = np.array(predicted).swapaxes(0, 1)
        mean = trust @ means
        variance = trust @ (variances + (means - mean) ** 2)
        return np.clip(mean + _MIDDLE, EDGE, 1 - EDGE), np.sqrt(variance)

    def _views(
        self, embedding: NDArray[np.float32], problem_type: str
    ) -> list[tuple[RegressionPanel, Vector]]:
        """Return every panel with what it sees of a problem."""
        meaning = waves(embedding[: self.meaning])
        views = [plain(problem_type)]
        views += [by_meaning(meaning, problem_type, height) for height in _HEIGHTS]
        if self.words:
            scores = embedding[self.meaning :].astype(np.float64)
            views.append(np.concatenate([plain(problem_type), scores]))
            # Not for the middle height: two are enough to see that text and words both count.
            views += [np.concatenate([view, scores]) for view in views[1:4:2]]
        return list(zip(self._panels.values(), views, strict=True))

    def to_bytes(self) -> bytes:
        """Return the whole state as safetensors; equal states give equal bytes."""
        names = json.dumps([self.dim, self.words, *self.approaches]).encode()
        tensors: dict[str, NDArray[Any]] = {"names": np.frombuffer(names, np.uint8)}
        if self._watches:
            states = [watch.state for watch in self._watches.values()]
            tensors["watches"] = np.stack(states)
        for name, panel in self._panels.items():
            tensors |= {f"{name}/{part}": v for part, v in panel.tensors().items()}
        return safetensors.numpy.save(tensors)

    @classmethod
    def from_bytes(cls, content: bytes) -> "FastHead":
        """Return the head that `to_bytes` wrote, equal to the bit.

        Raises:
            BundleError: these bytes are not a head that this version can read.
        """
        try:
            state = safetensors.numpy.load(content)
            dim, words, *names = json.loads(state["names"].tobytes())
            _require_room(len(content), words)
            head = cls(dim, words)
            for name, panel in head._panels.items():
                parts = ("mean", "covariance", "record")
                panel.restore(names, *(state[f"{name}/{part}"] for part in parts))
            watched = state.get("watches", np.empty((0, 3)))
            pairs = zip(names, watched, strict=True)
            head._watches = {name: ChangeWatch(row) for name, row in pairs}
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"these bytes are not a fast head: {error}") from error
        return head


def _require_room(size_bytes: int, words: int) -> None:
    """Raise ValueError unless so many bytes can hold a covariance of so many words.

    Checked before memory is allocated: the number is only what the bytes claim.
    """
    if not 0 <= 8 * words**2 <= size_bytes:
        raise ValueError(f"{size_bytes} bytes for {words} words")
