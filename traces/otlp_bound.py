"""How much one export request may hold: a few bytes can stand for a whole object."""

from collections.abc import Collection
from typing import Final, TypeVar

from pilotfish.schemas.errors import SchemaError

MOST: Final = 100_000
"""Spans with their events, or log records, with what is around them. Exporters send
hundreds at a time; sixteen megabytes of empty ones would take half a minute to read."""

Part = TypeVar("Part")


class Bound:
    """Counts the parts of one request before they are looked at."""

    def __init__(self) -> None:
        self._left = MOST

    def within(self, parts: Collection[Part]) -> Collection[Part]:
        """Return these parts.

        Raises:
            SchemaError: with those before, there are too many.
        """
        self._left -= len(parts)
        if self._left < 0:
            raise SchemaError(
                f"an OTLP export request has at most {MOST} spans, events and log "
                "records, with what is around them: export fewer at a time"
            )
        return parts
