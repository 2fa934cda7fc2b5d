"""PydanticAI: a capability that asks before a run, puts the hint in, and records the run."""

from pilotfish.runtime.extras import requiring

with requiring("pilotfish.integrations", "pydantic-ai"):
    from pilotfish.integrations.pydantic_ai.capability import PilotfishCapability

__all__ = ["PilotfishCapability"]
