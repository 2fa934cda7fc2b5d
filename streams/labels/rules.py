"""The rules that turn signals into P(success) of an attempt.

The strongest kind of evidence decides, and within a kind the latest value.

| rank | evidence, the strongest first | value |
|---|---|---|
| 0 | feedback after the end | its value |
| 1 | the end (succeeded, failed), signal `explicit` | 1, 0, its value |
| 2 | signals `verifier`, `tests`, `exit_code` | their value |
| 3 | signals `judge`, `thumbs` | their value |
| 4 | signal `exception` | its value, 0 without one |
| 5 | signal `retry` | its value, 0 without one |

If infrastructure failed, only a success of rank 0 to 2 counts; otherwise the label
abstains, because a rate limit is not the approach's fault. Without any value the label
abstains as `abandoned` or `no evidence`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotfish.schemas.events import SignalKind, Status

RULES: Final = "rules-1"
MODEL: Final = "model-1"

FEEDBACK: Final = "feedback:"
"""Prefix of the source of feedback; the name of who gave it follows."""
END: Final = "end"
"""The source of evidence from the end of the attempt."""

_RANKS: Final[dict[SignalKind, int]] = {
    "explicit": 1,
    "verifier": 2,
    "tests": 2,
    "exit_code": 2,
    "judge": 3,
    "thumbs": 3,
    "exception": 4,
    "retry": 5,
}
_IMPLIED: Final[dict[SignalKind, float]] = {"exception": 0.0, "retry": 0.0}
_MAX_RANK_DESPITE_INFRASTRUCTURE: Final = 2
"""The weakest evidence that proves a success although infrastructure failed."""
_NO_RANK: Final = 99


class Signal(NamedTuple):
    """One piece of evidence; `source` says where it comes from."""

    kind: SignalKind
    value: float | None
    source: str = ""


class Label(NamedTuple):
    """P(success), or None and why the label abstains; by the rules or the label model."""

    p_success: float | None
    abstained: str = ""
    by: str = RULES

    @property
    def outcome(self) -> str:
        """Success, failure, or the reason for abstaining."""
        if self.p_success is None:
            return self.abstained
        return "success" if self.p_success >= 0.5 else "failure"


def label(status: Status, signals: Iterable[Signal]) -> Label:
    """Label an attempt that ended with `status`; `signals` are in order of arrival.

    The signals include the end itself if it is a success or failure (`END`).
    """
    best_rank, p_success, infrastructure = _NO_RANK, None, status == "infrastructure"
    for signal in signals:
        infrastructure = infrastructure or signal.kind == "infrastructure"
        value, rank = _value(signal), _rank(signal)
        if value is not None and rank <= best_rank:
            best_rank, p_success = rank, value
    if infrastructure:
        succeeded = p_success is not None and p_success >= 0.5
        if succeeded and best_rank <= _MAX_RANK_DESPITE_INFRASTRUCTURE:
            return Label(p_success)
        return Label(None, "infrastructure")
    if p_success is None:
        return Label(None, "abandoned" if status == "abandoned" else "no evidence")
    return Label(p_success)


def _value(signal: Signal) -> float | None:
    if signal.kind not in _RANKS:
        return None
    return _IMPLIED.get(signal.kind) if signal.value is None else signal.value


def _rank(signal: Signal) -> int:
    if signal.source.startswith(FEEDBACK):
        return 0
    return _RANKS.get(signal.kind, _NO_RANK)
