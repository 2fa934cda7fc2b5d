"""Notices that an approach has begun to do better or worse than it is expected to.

Two-sided cumulative sums of what predictions missed (Page, Continuous Inspection
Schemes, 1954). With honest predictions of chances of a third they cry wolf about once in
a million labels, and find a change by 0.3 after about 60 of the approach.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SLACK: Final = 0.1
"""A miss by this much on average is no change."""
_ALARM: Final = 12.0


class ChangeWatch:
    """Watches one approach.

    Args:
        state: (3) sums of what was missed upwards and downwards, and alarms so far.
    """

    __slots__ = ("state",)

    def __init__(self, state: NDArray[np.float64] | None = None) -> None:
        self.state = np.zeros(3) if state is None else np.array(state, np.float64)

    @property
    def alarms(self) -> int:
        """How often the approach changed."""
        return int(self.state[2])

    def changed(self, missed: float) -> bool:
        """Take in an outcome less its prediction; return whether that is the alarm."""
        self.state[0] = max(0.0, self.state[0] + missed - _SLACK)
        self.state[1] = max(0.0, self.state[1] - missed - _SLACK)
        if self.state[:2].max() < _ALARM:
            return False
        self.state[:] = 0.0, 0.0, self.state[2] + 1
        return True
