"""Advice as the message that answers a request."""

from pilotfish.advisors.advice import Advice
from pilotfish.advisors.hint_text import hint_text
from pilotfish.schemas.advice import (
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
        "request_id": request.request_id,
        "tenant": request.tenant,
        "client_id": request.client_id,
        "attempt_id": request.attempt_id,
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


def abstention(
    request: AdviceRequested, reason: Abstention, detail: str, *, holdout: bool
) -> HintGiven:
    """Return an answer without advice; `detail` says why."""
    return HintGiven(
        request_id=request.request_id,
        tenant=request.tenant,
        client_id=request.client_id,
        attempt_id=request.attempt_id,
        kind=request.problem_type,
        abstained="holdout" if holdout else reason,
        detail=detail,
        holdout=holdout,
    )


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
