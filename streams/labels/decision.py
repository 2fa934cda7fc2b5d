"""What comes out of the votes: the label of an attempt.

1. What somebody said, feedback or an explicit outcome, is the label, as the rules in
   `labels` have it. 2. So is what the rules say where infrastructure failed. 3. Else the
   label model decides, once it knows these sources. 4. Until then the rules do.

What somebody said is also what the model learns its sources from.
"""

from collections.abc import Mapping
from typing import Final

from pilotfish.streams.labelling import Attempt
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.rules import MODEL, Label, label

SAID: Final = ("human_feedback", "explicit_outcome")
"""Functions that tell what is true, the one that counts first."""


def decide(attempt: Attempt, votes: Mapping[str, float], model: LabelModel) -> Label:
    """Return the label of an attempt of which this was voted."""
    ruled = label(attempt.status, attempt.signals)
    words = _words(votes)
    said = any(name in votes for name in SAID)
    if said or not words or _excused(attempt) or not model.knows(words):
        return ruled
    # Rounded: another machine's last digit must not make another label.
    return Label(round(model.p_success(words), 4), by=MODEL)


def teach(
    attempt: Attempt,
    before: Mapping[str, float] | None,
    votes: Mapping[str, float],
    model: LabelModel,
) -> None:
    """Let the model learn from the first votes, and from those that came with the truth.

    `before` are the votes of the label before; None for the first.
    """
    words, truth = _words(votes), _truth(votes)
    if _excused(attempt):
        return
    if before is None:
        if words or truth is not None:
            model.learn(words, truth)
    elif truth is not None and truth != _truth(before):
        model.learn(words, truth)


def _words(votes: Mapping[str, float]) -> dict[str, bool]:
    """Return the votes of sources that may be wrong; those in the middle say nothing."""
    return {
        name: vote > 0.5
        for name, vote in votes.items()
        if name not in SAID and vote != 0.5
    }


def _truth(votes: Mapping[str, float]) -> bool | None:
    said = next((votes[name] for name in SAID if name in votes), 0.5)
    return None if said == 0.5 else said > 0.5


def _excused(attempt: Attempt) -> bool:
    return attempt.status == "infrastructure" or any(
        one.kind == "infrastructure" for one in attempt.signals
    )
