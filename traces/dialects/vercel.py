"""Vercel's AI SDK, up to version 6 and by its `LegacyOpenTelemetry`.

Since version 7 it speaks OpenTelemetry's GenAI conventions.
"""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

VERCEL: Final = Dialect(
    kinds={
        "ai.operationId": {
            "ai.embed": "embedding",
            "ai.embedMany": "embedding",
            "ai.generateObject": "agent",
            "ai.generateObject.doGenerate": "model",
            "ai.generateText": "agent",
            "ai.generateText.doGenerate": "model",
            "ai.rerank": "retrieval",
            "ai.streamObject": "agent",
            "ai.streamObject.doStream": "model",
            "ai.streamText": "agent",
            "ai.streamText.doStream": "model",
            "ai.toolCall": "tool",
        }
    },
    facts={
        "ai.model.id": "model",
        "ai.model.provider": "provider",
        "ai.prompt": "input",
        "ai.prompt.messages": "input_messages",
        "ai.response.object": "output",
        "ai.response.text": "output",
        "ai.response.toolCalls": "tool_calls",
        "ai.telemetry.functionId": "agent_name",
        "ai.toolCall.args": "arguments",
        "ai.toolCall.id": "call_id",
        "ai.toolCall.name": "tool_name",
        "ai.toolCall.result": "result",
        "ai.usage.cachedInputTokens": "cached_tokens",
        "ai.usage.completionTokens": "tokens_out",
        "ai.usage.inputTokens": "tokens_in",
        "ai.usage.outputTokens": "tokens_out",
        "ai.usage.promptTokens": "tokens_in",
        "ai.usage.totalTokens": "tokens",
    },
    metadata=("ai.telemetry.metadata.",),
)
