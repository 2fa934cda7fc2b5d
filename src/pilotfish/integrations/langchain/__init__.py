"""LangChain and LangGraph: a middleware that advises, and a callback handler that records."""

from pilotfish.runtime.extras import requiring

with requiring("pilotfish.integrations", "langchain"):
    from pilotfish.integrations.langchain.handler import PilotfishHandler
    from pilotfish.integrations.langchain.middleware import PilotfishMiddleware

__all__ = ["PilotfishHandler", "PilotfishMiddleware"]
