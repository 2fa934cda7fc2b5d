"""PydanticAI: a capability that asks before a run, puts the hint in, and records the run."""

from pilotfish.integrations.extras import requiring

with requiring("pydantic-ai"):
    from pilotfish.integrations.pydantic_ai.capability import PilotfishCapability

__all__ = ["PilotfishCapability"]
