"""Signals to P(success): the rules that label an attempt.

The strongest kind of evidence decides, and within a kind the latest word. What a later
labeller does better starts from the same evidence.

| strength | evidence | its word |
|---|---|---|
| 0 | feedback after the end | its value |
| 1 | the end (succeeded, failed), signal `explicit` | 1, 0, its value |
| 2 | signals `verifier`, `tests`, `exit_code` | their value |
| 3 | signals `judge`, `thumbs` | their value |
| 4 | signal `exception` | 0 unless it says otherwise |
| 5 | signal `retry` | 0 unless it says otherwise |

Where infrastructure failed, only a success of strength 0 to 2 counts; all else abstains,
because a rate limit is not the approach's fault. Where nothing has a word, the label
abstains with what is known: `abandoned` or `no evidence`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotfish.schemas.events import SignalKind, Status

RULES: Final = "rules-1"
MODEL: Final = "model-1"

FEEDBACK: Final = "feedback:"
"""How the source of evidence that came as feedback begins; who gave it follows."""
END: Final = "end"
"""The source of the evidence that the end of the attempt is."""

_STRENGTH: Final[dict[SignalKind, int]] = {
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
_KNOWING: Final = 2
"""The weakest strength that speaks for a success in spite of infrastructure."""


class Signal(NamedTuple):
    """One piece of evidence; `source` says whose word it is."""

    kind: SignalKind
    value: float | None
    source: str = ""


class Label(NamedTuple):
    """P(success), or None and why it abstains; by the rules or by the label model."""

    p_success: float | None
    abstained: str = ""
    by: str = RULES

    @property
    def outcome(self) -> str:
        """One of a few words: success, failure, or why it abstains."""
        if self.p_success is None:
            return self.abstained
        return "success" if self.p_success >= 0.5 else "failure"


def label(status: Status, signals: Iterable[Signal]) -> Label:
    """Label an attempt that ended with `status`; `signals` are in order of arrival.

    The end itself is among the signals where it succeeded or failed (`END`).
    """
    strongest, p_success, infrastructure = 99, None, status == "infrastructure"
    for signal in signals:
        infrastructure = infrastructure or signal.kind == "infrastructure"
        value, strength = _word(signal), _strength(signal)
        if value is not None and strength <= strongest:
            strongest, p_success = strength, value
    if infrastructure:
        if p_success is not None and p_success >= 0.5 and strongest <= _KNOWING:
            return Label(p_success)
        return Label(None, "infrastructure")
    if p_success is None:
        return Label(None, "abandoned" if status == "abandoned" else "no evidence")
    return Label(p_success)


def _word(signal: Signal) -> float | None:
    if signal.kind not in _STRENGTH:
        return None
    return _IMPLIED.get(signal.kind) if signal.value is None else signal.value


def _strength(signal: Signal) -> int:
    return 0 if signal.source.startswith(FEEDBACK) else _STRENGTH.get(signal.kind, 99)
