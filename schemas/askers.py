"""Who asked, as an attempt's attributes say it."""

from collections.abc import Mapping
from typing import Final

from pilotfish.schemas.labels import MAX_ASKER

ASKERS: Final = ("user.id", "session.id")
"""Attributes with the asker, as OpenTelemetry's conventions name them; the first counts."""


def asker_of(attributes: Mapping[str, object]) -> str:
    """Return who asked: a text, or a number as text; empty if nobody is named."""
    names = (_as_asker(attributes.get(name)) for name in ASKERS)
    return next((name[:MAX_ASKER] for name in names if name), "")


def unusable_askers(attributes: Mapping[str, object]) -> list[str]:
    """Return the attributes that should name the asker, but hold no text and no number."""
    return [
        name
        for name in ASKERS
        if attributes.get(name) not in (None, "") and not _as_asker(attributes[name])
    ]


def _as_asker(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    # JSON does not tell 42.0 from 42.
    return str(int(value)) if value == value // 1 else str(value)
