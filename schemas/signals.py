"""What a signal or feedback states, in its own unit, as P(success): the only place for it.

| kind | value without a scale |
|---|---|
| `exit_code` | a process's exit status: 0 is success, any other integer failure |
| `thumbs` | 1 is up, 0 and -1 are down |
| all others, and feedback | from 0, failure, to 1, success; for `tests` the share that passed |

For every kind, true is success and false is failure. With a scale, every number is read on
it: a number is the best value, and 0 the worst; a pair is the worst and the best value.
Seven of ten points are 7 on the scale 10, and two stars of five are 2 on the scale (1, 5).
"""

import math
from typing import Annotated, Final

from pydantic import Field, StrictBool

from pilotfish.schemas.errors import SchemaError

Stated = StrictBool | float
"""What was stated: a truth or a number; the text "0" is a number."""
Range = Annotated[tuple[float, ...], Field(min_length=2, max_length=2)]
"""The worst and the best value; the worst may be the higher number."""
Scale = float | Range

FEEDBACK: Final = "feedback"
"""Stands for a kind where feedback is read."""


def p_success(kind: str, value: Stated | None, scale: Scale | None) -> float | None:
    """Return P(success) by this evidence alone; None if nothing is stated.

    Raises:
        SchemaError: the value cannot be read in this unit; the message says what is allowed.
    """
    ends = None if scale is None else _ends(kind, scale)
    if value is None:
        return None
    if isinstance(value, bool):
        return float(value)
    if ends is not None:
        return _between(kind, value, *ends)
    if kind == "exit_code":
        return _of_exit_status(value)
    if kind == "thumbs" and value == -1:
        return 0.0
    if 0 <= value <= 1:
        return float(value)
    raise SchemaError(f"{kind}: give a value from 0 to 1, or its scale")


def _of_exit_status(status: float) -> float:
    if not math.isfinite(status) or status != math.floor(status):
        raise SchemaError("exit_code: give an integer; 0 is success")
    return float(status == 0)


def _ends(kind: str, scale: Scale) -> tuple[float, float]:
    worst, best = scale if isinstance(scale, tuple) else (0.0, scale)
    if not math.isfinite(best - worst) or worst == best:
        raise SchemaError(f"{kind}: its scale has no worst and best value")
    return worst, best


def _between(kind: str, value: float, worst: float, best: float) -> float:
    if not min(worst, best) <= value <= max(worst, best):
        raise SchemaError(f"{kind}: the value is not on its scale")
    return (value - worst) / (best - worst)
