"""Ids of requests for advice, which tell whether the request named approaches.

What was advised without them was found, and is not what the attempt used before its steps
say so. The door keeps no requests, so the end of the attempt learns it from the id in its
hint, in another process, too.
"""

from typing import Final

from pilotfish.schemas.events import HintMark
from pilotfish.schemas.ids import new_id

_FOUND: Final = ":found"


def new_request_id(*, named: bool) -> str:
    """Return a new id; `named` says whether the request names approaches."""
    return new_id() if named else new_id() + _FOUND


def used(hint: HintMark) -> str | None:
    """Return the approach that an attempt with this hint used, if nobody says otherwise."""
    return None if hint.request_id.endswith(_FOUND) else hint.approach
