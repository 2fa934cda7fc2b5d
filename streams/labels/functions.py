"""The built-in labelling functions: each reads one piece of evidence, or abstains."""

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
"""Feedback from this source is the share of an answer that somebody left unchanged."""

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
    """The latest feedback after the end, except for edits of the answer."""
    feedback = (s for s in attempt.signals if s.source.startswith(FEEDBACK))
    return _latest(signal for signal in feedback if signal.source != EDIT)


@labelling_function
def explicit_outcome(attempt: Attempt) -> float | None:
    """The outcome given by the agent: succeeded or failed, or a signal `explicit`."""
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
    """A person's thumbs up or down."""
    return _latest(_own(attempt, "thumbs"))


@labelling_function
def exception_class(attempt: Attempt) -> float | None:
    """The agent raised an exception that does not mean infrastructure."""
    return _latest(_own(attempt, "exception"), implied=FAILURE)


@labelling_function
def asked_again(attempt: Attempt) -> float | None:
    """The same asker repeated the question, see `consumers/memory/asked_again.py`."""
    return _latest(_own(attempt, "retry"), implied=FAILURE)


@labelling_function
def answer_edited(attempt: Attempt) -> float | None:
    """The share of the answer that somebody left unchanged."""
    return _latest(signal for signal in attempt.signals if signal.source == EDIT)


@labelling_function
def abandonment(attempt: Attempt) -> float | None:
    """Nobody ended the attempt."""
    return FAILURE if attempt.status == "abandoned" else ABSTAIN


@labelling_function
def action_loop(attempt: Attempt) -> float | None:
    """The agent repeated the same action."""
    return FAILURE if attempt.repeats >= LOOP else ABSTAIN


@labelling_function
def step_budget_exhausted(attempt: Attempt) -> float | None:
    """The end or the exception mentions that steps, turns or tokens ran out."""
    text = f"{attempt.reason} {attempt.exception}"
    return FAILURE if _BUDGET.search(text) else ABSTAIN


@labelling_function
def empty_answer(attempt: Attempt) -> float | None:
    """The answer is empty."""
    blank = attempt.answer is not None and not attempt.answer.strip()
    return FAILURE if blank else ABSTAIN


@labelling_function
def refused_answer(attempt: Attempt) -> float | None:
    """The answer begins with an apology or a refusal."""
    return FAILURE if _REFUSAL.match(attempt.answer or "") else ABSTAIN


def _own(attempt: Attempt, kind: SignalKind) -> Iterable[Signal]:
    """Return the agent's own signals of this kind, without feedback."""
    return (
        signal
        for signal in attempt.signals
        if signal.kind == kind and not signal.source.startswith(FEEDBACK)
    )


def _latest(signals: Iterable[Signal], implied: float | None = None) -> float | None:
    """Return the latest value; `implied` is the value of a signal without one."""
    values = [implied if s.value is None else s.value for s in signals]
    return next((value for value in reversed(values) if value is not None), ABSTAIN)
