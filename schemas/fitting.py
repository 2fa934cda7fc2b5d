"""Steps, cut to the size that a message may have."""

from typing import Final

from pilotfish.schemas.codec import encode
from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.topics import EVENTS

_SMALL: Final = EVENTS.max_bytes // 8
"""Characters of content that always fit, however JSON escapes them."""


def fitting(step: StepRecorded) -> StepRecorded:
    """Return the step, its content halved until it fits into a message as JSON.

    JSON writes a control character as six bytes.
    """
    while len(step.content) > _SMALL and len(encode(step)) > EVENTS.max_bytes:
        half = step.content[: len(step.content) // 2]
        step = step.model_copy(update={"content": half, "truncated": True})
    return step
