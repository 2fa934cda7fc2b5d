"""Roles of Kafka users."""

from enum import StrEnum


class Role(StrEnum):
    """What a user of Kafka does with pilotfish."""

    AGENT = "agent"
    SERVICE = "service"
    ANALYST = "analyst"
