"""Roles of those who connect to Kafka."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody does with pilotfish."""

    AGENT = "agent"
    SERVICE = "service"
    ANALYST = "analyst"
