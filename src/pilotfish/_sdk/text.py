"""Everything that a user may pass, as text: converted in one way, at a bounded cost."""

from enum import Enum
from typing import Final

from pilotfish._sdk.excerpt import excerpt

PRECUT: Final = 512 * 1024
"""Characters at which the agent's thread cuts a text. Twice `MAX_CONTENT`, so that a
secret at the final cut is still whole when `redact` looks for it."""


def as_text(value: object) -> str:
    """Return a value as text at once, so that later changes to it are not published.

    None is empty. A member of an Enum is its value if that is text or the member is
    a number, else its name. Other objects are converted by `str`; never raises.
    """
    return cut_text(value)[0]


def cut_text(value: object) -> tuple[str, bool]:
    """Return a value as text, as `as_text`, and whether it was cut."""
    text, cut = (value, False) if type(value) is str else _converted(value)
    return (text, cut) if len(text) <= PRECUT else (text[:PRECUT], True)


def _converted(value: object) -> tuple[str, bool]:
    try:
        if value is None:
            return "", False
        if isinstance(value, str):
            # Its characters: `str()` of a member of `class A(str, Enum)` is "A.PLAN".
            return str.__getitem__(value, slice(PRECUT)), len(value) > PRECUT
        if isinstance(value, Enum):
            return _of_member(value), False
        text, cut = excerpt(value)
        return str.__getitem__(text, slice(PRECUT)), cut or len(text) > PRECUT
    except Exception:  # noqa: BLE001 - the agent's own __str__ must not break the agent
        return f"[{type(value).__name__} has no text]", False


def _of_member(member: Enum) -> str:
    has_value = isinstance(member.value, str) or isinstance(member, int | float)
    return as_text(member.value) if has_value else member.name
