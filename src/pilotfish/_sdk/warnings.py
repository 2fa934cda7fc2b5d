"""Warnings to the agent's owner, through logging: each reason once."""

import logging
from typing import Final

LOG = logging.getLogger("pilotfish")

_MOST_REASONS: Final = 200
"""A guard against reasons that hold a number or a name: no agent's log is flooded."""


class Warnings:
    """Remembers what was said."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def once(self, reason: str, what: str) -> None:
        """Warn `what (reason)`, the first time that this reason is given."""
        if reason not in self._said and len(self._said) < _MOST_REASONS:
            self._said.add(reason)
            LOG.warning("%s (%s)", what, reason)
