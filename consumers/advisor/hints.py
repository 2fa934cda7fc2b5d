"""Advice as the message that answers a request."""

from typing import Any

from pilotfish.advisors.advice import Advice
from pilotfish.advisors.hint_text import hint_text
from pilotfish.advisors.next_choice import NextMove
from pilotfish.advisors.next_text import next_text, why_none
from pilotfish.advisors.records import Record
from pilotfish.schemas.advice import (
    MAX_APPROACHES,
    Abstention,
    AdviceRequested,
    Candidate,
    HintGiven,
)


def hint_of(
    request: AdviceRequested, advice: Advice, version: str, *, holdout: bool
) -> HintGiven:
    """Return the answer to a request.

    In the holdout the candidates are as they would have been, but none is chosen.
    """
    common = {
        **_address(request),
        "kind": advice.kind,
        "candidates": _candidates(advice),
        "advisor_version": version,
    }
    if holdout or advice.chosen is None:
        reason = "holdout" if holdout else "unsure"
        return HintGiven(**common, abstained=reason, holdout=holdout)
    approach = advice.approaches[advice.chosen]
    p_success = advice.p_success[advice.chosen]
    text = hint_text(
        approach,
        request.approaches[approach],
        request.problem_type,
        p_success,
        dict(zip(advice.approaches, advice.records, strict=True)),
        imported=advice.imported[advice.chosen] > 0,
    )
    return HintGiven(**common, approach=approach, text=text, confidence=p_success)


def next_hint_of(
    request: AdviceRequested, answer: NextMove, version: str, *, holdout: bool
) -> HintGiven:
    """Return the answer to a request that has steps: its approach is the next move.

    The choice is not drawn, so the chosen move has propensity 1, in the holdout as well,
    where it tells whom advice would have reached.
    """
    common = {
        **_address(request),
        "kind": answer.kind,
        "candidates": _next_candidates(answer),
        "advisor_version": version,
    }
    if answer.chosen is None:
        reason = "holdout" if holdout else "unsure"
        detail = why_none(answer)
        return HintGiven(**common, abstained=reason, detail=detail, holdout=holdout)
    if holdout:
        return HintGiven(**common, abstained="holdout", holdout=True)
    share = _share(answer.records[answer.chosen])
    text = next_text(answer)
    return HintGiven(**common, approach=answer.chosen, text=text, confidence=share)


def abstention(
    request: AdviceRequested, reason: Abstention, detail: str, *, holdout: bool
) -> HintGiven:
    """Return an answer without advice; `detail` says why."""
    return HintGiven(
        **_address(request),
        kind=request.problem_type,
        abstained="holdout" if holdout else reason,
        detail=detail,
        holdout=holdout,
    )


def _address(request: AdviceRequested) -> dict[str, Any]:
    """Return the fields that an answer has of its request."""
    names = ("request_id", "tenant", "client_id", "attempt_id")
    return {name: getattr(request, name) for name in names}


def _next_candidates(answer: NextMove) -> tuple[Candidate, ...]:
    """Return the moves that were made next, the most frequent ones, the chosen one first."""
    ordered = sorted(
        answer.records.items(),
        key=lambda item: (item[0] != answer.chosen, -item[1].attempts, item[0]),
    )
    return tuple(
        Candidate(
            approach=move,
            p_success=_share(record),
            propensity=float(move == answer.chosen),
            attempts=record.attempts,
            successes=max(record.successes, 0.0),
        )
        for move, record in ordered[:MAX_APPROACHES]
        if move and record.attempts > 0
    )


def _share(record: Record) -> float:
    """Return a record's share; sums that were taken back may be off by a rounding."""
    return min(max(record.share, 0.0), 1.0)


def _candidates(advice: Advice) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            approach=name,
            p_success=p_success,
            propensity=min(propensity, 1.0),
            attempts=record.attempts,
            successes=max(record.successes, 0.0),
        )
        for name, p_success, propensity, record in zip(
            advice.approaches,
            advice.p_success,
            advice.propensities,
            advice.records,
            strict=True,
        )
    )
