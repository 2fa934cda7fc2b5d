"""The sentence of advice in the middle of an attempt: made of moves and counts alone."""

from pilotfish.advisors.next_choice import ENOUGH, NextMove
from pilotfish.advisors.records import Record
from pilotfish.strategies.instructions import phrases
from pilotfish.strategies.patterns import LENGTH


def next_text(answer: NextMove) -> str:
    """Return one line: the chosen move, and what was seen with and without it.

    Empty where none is chosen.
    """
    if answer.chosen is None:
        return ""
    what = phrases((*answer.moves, answer.chosen))[-1]
    own, others = answer.records[answer.chosen], answer.otherwise
    return (
        f"Consider as your next new step: {what}. Of past attempts that began like this "
        f"one, {_succeeded(own)} succeeded where this came next, and {_failed(others)} "
        "failed where it did not (observed, not tested)."
    )


def why_none(answer: NextMove) -> str:
    """Return why no move is chosen, with what is known of such a beginning."""
    if len(answer.moves) >= LENGTH:
        return f"only the first {LENGTH} decisions of attempts are compared"
    total = answer.all
    if total.attempts < 2 * ENOUGH:
        return f"{total.attempts} attempts are known that began so: too few to compare"
    return (
        f"{_succeeded(total)} attempts that began so succeeded, and no next move is "
        "surely better than others"
    )


def _succeeded(record: Record) -> str:
    return f"{round(record.successes)} of {record.attempts}"


def _failed(record: Record) -> str:
    return f"{round(record.attempts - record.successes)} of {record.attempts}"
