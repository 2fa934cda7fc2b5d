"""OpenAI Agents: a tracing processor that records, and run hooks that ask for advice."""

from pilotfish.runtime.extras import requiring

with requiring("pilotfish.integrations", "openai-agents"):
    from pilotfish.integrations.openai_agents.hooks import PilotfishHooks
    from pilotfish.integrations.openai_agents.processor import PilotfishProcessor

__all__ = ["PilotfishHooks", "PilotfishProcessor"]
