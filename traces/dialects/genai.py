"""OpenTelemetry's GenAI conventions, v0.1.0 of their own repository."""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

GENAI: Final = Dialect(
    kinds={
        "gen_ai.operation.name": {
            "agent_step": "other",  # Vercel's AI SDK
            "chat": "model",
            "create_agent": "other",
            "embeddings": "embedding",
            "execute_task": "other",  # openllmetry
            "execute_tool": "tool",
            "fetch_memory": "retrieval",
            "generate_content": "model",
            "invoke_agent": "agent",
            "invoke_workflow": "workflow",
            "plan": "other",
            "rerank": "retrieval",
            "response": "model",
            "retrieval": "retrieval",
            "search_memory": "retrieval",
            "text_completion": "model",
            "vector_db_retrieve": "retrieval",  # openllmetry
        }
    },
    facts={
        "gen_ai.agent.name": "agent_name",
        "gen_ai.agent.version": "agent_version",
        "gen_ai.conversation.id": "session",
        "gen_ai.input.messages": "input_messages",
        "gen_ai.output.messages": "output_messages",
        "gen_ai.provider.name": "provider",
        "gen_ai.response.model": "model",
        "gen_ai.request.model": "model",
        "gen_ai.retrieval.query.text": "query",
        "gen_ai.memory.query.text": "query",
        "gen_ai.retrieval.documents": "documents",
        "gen_ai.memory.records": "documents",
        "gen_ai.skill.name": "skill",
        "gen_ai.tool.call.arguments": "arguments",
        "gen_ai.tool.call.id": "call_id",
        "gen_ai.tool.call.result": "result",
        "gen_ai.tool.name": "tool_name",
        "gen_ai.usage.cache_read.input_tokens": "cached_tokens",
        "gen_ai.usage.cache_write.input_tokens": "written_tokens",
        "gen_ai.usage.input_tokens": "tokens_in",
        "gen_ai.usage.output_tokens": "tokens_out",
        # What Anthropic's client adds.
        "anthropic.tool_result.content": "result",
        # What PydanticAI adds.
        "all_messages_events": "conversation",
        "final_result": "output",
        "pydantic_ai.all_messages": "conversation",
        "tool_arguments": "arguments",
        "tool_response": "result",
    },
)
