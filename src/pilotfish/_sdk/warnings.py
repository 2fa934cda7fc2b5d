"""Warnings to the agent's owner, through logging, once per reason."""

import logging
from typing import Final

LOG = logging.getLogger("pilotfish")

_MAX_REASONS: Final = 200
"""Reasons may contain numbers or names; the limit keeps them from flooding the log."""


class Warnings:
    """Remembers the reasons that were logged."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def once(self, reason: str, consequence: str) -> None:
        """Log `consequence (reason)`, unless this reason was logged before."""
        if reason not in self._logged and len(self._logged) < _MAX_REASONS:
            self._logged.add(reason)
            LOG.warning("%s (%s)", consequence, reason)
