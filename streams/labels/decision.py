"""Decides the label of an attempt from the votes of the labelling functions.

1. A stated outcome, by feedback or by the agent, decides, according to `rules`.
2. If infrastructure failed, the rules decide as well.
3. Otherwise the label model decides, once it knows these sources.
4. Until then the rules decide.

Stated outcomes are also the truth that the model learns the accuracy of its sources from.
"""

from collections.abc import Mapping
from typing import Final

from pilotfish.streams.labelling import Attempt
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.rules import MODEL, Label, label

STATED_OUTCOMES: Final = ("human_feedback", "explicit_outcome")
"""Functions whose votes count as the truth, the more trusted one first."""


def decide(attempt: Attempt, votes: Mapping[str, float], model: LabelModel) -> Label:
    """Return the label of an attempt with these votes."""
    by_rules = label(attempt.status, attempt.signals)
    fallible = _fallible_votes(votes)
    if any(name in votes for name in STATED_OUTCOMES) or not fallible:
        return by_rules
    if _infrastructure_failed(attempt) or not model.knows(fallible):
        return by_rules
    # Rounded, so that the last digits of another machine do not make another label.
    return Label(round(model.p_success(fallible), 4), by=MODEL)


def teach(
    attempt: Attempt,
    before: Mapping[str, float] | None,
    votes: Mapping[str, float],
    model: LabelModel,
) -> None:
    """Let the model learn from the first votes, and from later ones with a new truth.

    `before` are the votes of the previous label; None for the first label.
    """
    fallible, truth = _fallible_votes(votes), _truth(votes)
    if _infrastructure_failed(attempt):
        return
    if before is None:
        if fallible or truth is not None:
            model.learn(fallible, truth)
    elif truth is not None and truth != _truth(before):
        model.learn(fallible, truth)


def _fallible_votes(votes: Mapping[str, float]) -> dict[str, bool]:
    """Return the votes of sources that may be wrong; 0.5 counts as no vote."""
    return {
        name: vote > 0.5
        for name, vote in votes.items()
        if name not in STATED_OUTCOMES and vote != 0.5
    }


def _truth(votes: Mapping[str, float]) -> bool | None:
    stated = next((votes[name] for name in STATED_OUTCOMES if name in votes), 0.5)
    return None if stated == 0.5 else stated > 0.5


def _infrastructure_failed(attempt: Attempt) -> bool:
    return attempt.status == "infrastructure" or any(
        signal.kind == "infrastructure" for signal in attempt.signals
    )
