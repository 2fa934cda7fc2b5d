"""The quality of an attempt: how good an example it is, as one number."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from statistics import median
from typing import Final

from pilotfish.streams.attempts.conduct import LOOP

_STUCK: Final = 0.5
"""Factor on the conduct of an attempt that did not get past its last error."""
_FAILED: Final = 0.25
"""Quality of the best failure."""


@dataclass(frozen=True, slots=True)
class Course:
    """How an attempt went, however it ended.

    Args:
        cost: in the unit of the events.
        duration_s: seconds from start to end.
        steps: up to the end.
        repeats: the highest number of identical actions among eight in a row.
        stuck: whether its last observation was an error.
    """

    cost: float = 0.0
    duration_s: float = 0.0
    steps: float = 0.0
    repeats: int = 0
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Typical:
    """Typical values of attempts at similar problems; 0 if unknown."""

    cost: float = 0.0
    duration_s: float = 0.0
    steps: float = 0.0


def typical(courses: Sequence[Course]) -> Typical:
    """Return the medians of a group's attempts."""
    return Typical(
        _median([course.cost for course in courses]),
        _median([course.duration_s for course in courses]),
        _median([course.steps for course in courses]),
    )


def conduct(course: Course, usual: Typical) -> float:
    """Return how well an attempt proceeded, in [0, 1], whatever its outcome.

        conduct    = efficiency * steadiness * recovery
        efficiency = geometric mean of min(1, usual / own) over cost, duration, steps
        steadiness = 1 below three repetitions of an action, then 2 / repetitions
        recovery   = 1/2 if its last observation was an error, else 1

    Using less than usual gains nothing: the cheapest attempts are those that give up.
    Twice the usual cost, duration and steps together halve the conduct; twice one of them
    takes a fifth. Unknown values of the group do not count.

    A loop also shows in the steps, but an agent with a step limit loops at the usual
    length, so a loop counts on its own.

    An error that the attempt got past costs only its steps and time: a penalty would
    punish caution twice, a bonus would reward approaches that make errors first. Only an
    error in the last observation was not recovered from.
    """
    steadiness = 1.0 if course.repeats < LOOP else (LOOP - 1) / course.repeats
    recovery = _STUCK if course.stuck else 1.0
    return _efficiency(course, usual) * steadiness * recovery


def quality(p_success: float, conduct: float) -> float:
    """Return the quality of an attempt, in [0, 1], from its outcome and its conduct.

        quality = p (1 + conduct) / 2 + (1 - p) conduct / 4

    Success counts first: a certain success has at least 1/2, however badly it went, and a
    certain failure at most 1/4. A failure has any quality at all because a proper attempt
    that failed is better evidence about its approach than one that got lost.
    """
    return p_success * (1 + conduct) / 2 + (1 - p_success) * _FAILED * conduct


def _efficiency(course: Course, usual: Typical) -> float:
    pairs = (
        (course.cost, usual.cost),
        (course.duration_s, usual.duration_s),
        (course.steps, usual.steps),
    )
    ratios = [min(1.0, group / own) if own else 1.0 for own, group in pairs if group]
    return prod(ratios) ** (1 / len(ratios)) if ratios else 1.0


def _median(values: Sequence[float]) -> float:
    return float(median(values)) if values else 0.0
