"""Notices when an approach begins to do better or worse than predicted.

Two-sided cumulative sums of what predictions missed (Page, Continuous Inspection
Schemes, 1954). With calibrated predictions of a chance of a third they raise a false alarm about
once in a million labels, and detect a change by 0.3 after about 60 labels of the approach.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SLACK: Final = 0.1
"""A mean error up to this is not called a change."""
_ALARM: Final = 12.0


class ChangeWatch:
    """Watches one approach.

    Args:
        state: (3) sums of the errors upwards and downwards, and the number of alarms.
    """

    __slots__ = ("state",)

    def __init__(self, state: NDArray[np.float64] | None = None) -> None:
        self.state = np.zeros(3) if state is None else np.array(state, np.float64)

    @property
    def alarms(self) -> int:
        """How often the approach has changed."""
        return int(self.state[2])

    def changed(self, error: float) -> bool:
        """Count an outcome less its prediction; return whether that raises the alarm."""
        self.state[0] = max(0.0, self.state[0] + error - _SLACK)
        self.state[1] = max(0.0, self.state[1] - error - _SLACK)
        if self.state[:2].max() < _ALARM:
            return False
        self.state[:] = 0.0, 0.0, self.state[2] + 1
        return True
