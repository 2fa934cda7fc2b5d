"""The labelling functions that ship: each knows one sign, and abstains without it."""

import re
from collections.abc import Iterable
from typing import Final

from pilotfish.schemas.events import SignalKind
from pilotfish.streams.attempts.conduct import LOOP
from pilotfish.streams.labelling import (
    ABSTAIN,
    FAILURE,
    Attempt,
    labelling_function,
)
from pilotfish.streams.labels.rules import FEEDBACK, Signal

EDIT: Final = FEEDBACK + "edit"
"""Feedback of this source is the share of an answer that somebody left unchanged."""

_BUDGET: Final = re.compile(
    r"(max(imum)?|too many|out of|exceeded|exhausted|limit)\b.{0,30}"
    r"\b(steps?|iterations?|turns?|rounds?|recursion|budget|tokens?)\b"
    r"|\b(steps?|iterations?|turns?|recursion|budget|tokens?)\b.{0,20}"
    r"\b(limit|exceeded|exhausted)\b",
    re.IGNORECASE,
)
_REFUSAL: Final = re.compile(
    r"\W*(i'?m (sorry|afraid|unable|not able)|i am (sorry|afraid|unable|not able)|sorry\b"
    r"|i (can'?t|cannot|can not|won'?t|will not) (help|assist|answer|do|comply|provide)"
    r"|as an ai\b|unfortunately,? i (can'?t|cannot|am unable|'?m unable))",
    re.IGNORECASE,
)


@labelling_function
def human_feedback(attempt: Attempt) -> float | None:
    """The latest verdict that came after the end; edits of the answer apart."""
    given = (s for s in attempt.signals if s.source.startswith(FEEDBACK))
    return _latest(one for one in given if one.source != EDIT)


@labelling_function
def explicit_outcome(attempt: Attempt) -> float | None:
    """What the agent said itself: succeeded or failed, or a signal `explicit`."""
    return _latest(_own(attempt, "explicit"))


@labelling_function
def verifier(attempt: Attempt) -> float | None:
    """A checker of the answer."""
    return _latest(_own(attempt, "verifier"))


@labelling_function
def tests_passed(attempt: Attempt) -> float | None:
    """The share of tests that passed."""
    return _latest(_own(attempt, "tests"))


@labelling_function
def exit_code(attempt: Attempt) -> float | None:
    """A program's exit status."""
    return _latest(_own(attempt, "exit_code"))


@labelling_function
def judge_score(attempt: Attempt) -> float | None:
    """The score of a judge model."""
    return _latest(_own(attempt, "judge"))


@labelling_function
def thumbs(attempt: Attempt) -> float | None:
    """A person's thumb."""
    return _latest(_own(attempt, "thumbs"))


@labelling_function
def exception_class(attempt: Attempt) -> float | None:
    """The agent raised; those that mean infrastructure are no such signal."""
    return _latest(_own(attempt, "exception"), implied=FAILURE)


@labelling_function
def asked_again(attempt: Attempt) -> float | None:
    """The same asker asked the same again, see `consumers/memory/asked_again.py`."""
    return _latest(_own(attempt, "retry"), implied=FAILURE)


@labelling_function
def answer_edited(attempt: Attempt) -> float | None:
    """The share of the answer that was left as it was."""
    return _latest(one for one in attempt.signals if one.source == EDIT)


@labelling_function
def abandonment(attempt: Attempt) -> float | None:
    """Nobody ended it."""
    return FAILURE if attempt.status == "abandoned" else ABSTAIN


@labelling_function
def action_loop(attempt: Attempt) -> float | None:
    """It did the same thing again and again."""
    return FAILURE if attempt.repeats >= LOOP else ABSTAIN


@labelling_function
def step_budget_exhausted(attempt: Attempt) -> float | None:
    """Its end or its exception says that steps, turns or tokens ran out."""
    said = f"{attempt.reason} {attempt.exception}"
    return FAILURE if _BUDGET.search(said) else ABSTAIN


@labelling_function
def empty_answer(attempt: Attempt) -> float | None:
    """It answered nothing."""
    blank = attempt.answer is not None and not attempt.answer.strip()
    return FAILURE if blank else ABSTAIN


@labelling_function
def refused_answer(attempt: Attempt) -> float | None:
    """Its answer begins with an excuse."""
    return FAILURE if _REFUSAL.match(attempt.answer or "") else ABSTAIN


def _own(attempt: Attempt, kind: SignalKind) -> Iterable[Signal]:
    """Return signals of this kind that the agent sent, not those of feedback."""
    return (
        one
        for one in attempt.signals
        if one.kind == kind and not one.source.startswith(FEEDBACK)
    )


def _latest(signals: Iterable[Signal], implied: float | None = None) -> float | None:
    """Return the last word; `implied` is that of a signal without a value."""
    words = [implied if one.value is None else one.value for one in signals]
    return next((word for word in reversed(words) if word is not None), ABSTAIN)
