"""Ids of requests for advice, which tell what was asked: among which approaches, or how on.

What was advised without named approaches was found, and is not what the attempt used
before its steps say so. The door keeps no requests, so the end of the attempt learns it
from the id in its hint, in another process, too. In the table `hints` the id tells advice
in the middle of an attempt from that at its start.
"""

from typing import Final, Literal

from pilotfish.schemas.events import HintMark
from pilotfish.schemas.ids import new_id

Question = Literal["named", "found", "next"]
"""Which of the approaches that it names, which strategy that was found, or what next."""

_ENDS: Final[dict[Question, str]] = {"named": "", "found": ":found", "next": ":next"}


def new_request_id(question: Question) -> str:
    """Return a new id of a request with this question."""
    return new_id() + _ENDS[question]


def is_for_found(request_id: str) -> bool:
    """Return whether the request named no approaches."""
    return request_id.endswith((_ENDS["found"], _ENDS["next"]))


def used(hint: HintMark) -> str | None:
    """Return the approach that an attempt with this hint used, if nobody says otherwise."""
    return None if is_for_found(hint.request_id) else hint.approach
