"""The quality of an attempt: one number that says how good an example it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from statistics import median
from typing import Final

from pilotfish.streams.attempts.conduct import LOOP

_STUCK: Final = 0.5
"""What is left of an attempt's conduct that did not get past its last error."""
_FAILED: Final = 0.25
"""Quality of the best failure."""


@dataclass(frozen=True, slots=True)
class Course:
    """How an attempt went, however it ended.

    Args:
        cost: in the unit of the events.
        duration_s: seconds from start to end.
        steps: up to the end.
        repeats: how often one action was among eight in a row.
        stuck: its last observation was an error.
    """

    cost: float = 0.0
    duration_s: float = 0.0
    steps: float = 0.0
    repeats: int = 0
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Typical:
    """What attempts at similar problems come to; 0 where unknown."""

    cost: float = 0.0
    duration_s: float = 0.0
    steps: float = 0.0


def typical(courses: Sequence[Course]) -> Typical:
    """Return the medians of a group's attempts."""
    return Typical(
        _median([one.cost for one in courses]),
        _median([one.duration_s for one in courses]),
        _median([one.steps for one in courses]),
    )


def conduct(course: Course, usual: Typical) -> float:
    """Return how well an attempt went, in [0, 1], whatever came of it.

        conduct    = efficiency * steadiness * recovery
        efficiency = geometric mean of min(1, usual / own) over cost, duration, steps
        steadiness = 1 below three repetitions of an action, then 2 / repetitions
        recovery   = 1/2 if its last observation was an error, else 1

    Who needs less than is usual gains nothing: the cheapest attempts are those that
    give up. Twice the usual cost, duration and steps halve it, twice one of them takes
    a fifth. What is not known of the group does not count.

    A loop shows in the steps as well, but an agent with a limit of steps loops at the
    usual length; so it counts by itself.

    An error that the attempt got past costs nothing but the steps and the time that it
    took: less would punish caution twice, more would reward approaches that make
    errors first. Only an error that came last was not recovered from.
    """
    steadiness = 1.0 if course.repeats < LOOP else (LOOP - 1) / course.repeats
    recovery = _STUCK if course.stuck else 1.0
    return _efficiency(course, usual) * steadiness * recovery


def quality(p_success: float, conduct: float) -> float:
    """Return the quality of an attempt, in [0, 1], from how it ended and how it went.

        quality = p (1 + conduct) / 2 + (1 - p) conduct / 4

    Success counts first: what surely succeeded has at least a half, however badly it
    went, and a failure at most a quarter. It has that much because what was tried
    properly and failed tells more of its approach than what got lost.
    """
    return p_success * (1 + conduct) / 2 + (1 - p_success) * _FAILED * conduct


def _efficiency(course: Course, usual: Typical) -> float:
    pairs = (
        (course.cost, usual.cost),
        (course.duration_s, usual.duration_s),
        (course.steps, usual.steps),
    )
    known = [min(1.0, his / own) if own else 1.0 for own, his in pairs if his]
    return prod(known) ** (1 / len(known)) if known else 1.0


def _median(values: Sequence[float]) -> float:
    return float(median(values)) if values else 0.0
