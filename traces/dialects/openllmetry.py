"""The GenAI conventions up to 1.41 and what openllmetry emitted before and beside them."""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

OPENLLMETRY: Final = Dialect(
    kinds={
        "traceloop.span.kind": {
            "agent": "agent",
            "task": "other",
            "tool": "tool",
            "workflow": "workflow",
        },
        "llm.request.type": {
            "chat": "model",
            "completion": "model",
            "embedding": "embedding",
            "rerank": "retrieval",
        },
    },
    facts={
        "gen_ai.system": "provider",
        "gen_ai.usage.prompt_tokens": "tokens_in",
        "gen_ai.usage.completion_tokens": "tokens_out",
        "gen_ai.usage.total_tokens": "tokens",
        "gen_ai.usage.cache_read_input_tokens": "cached_tokens",
        "gen_ai.usage.cache_creation_input_tokens": "written_tokens",
        "gen_ai.usage.cache_creation.input_tokens": "written_tokens",
        "gen_ai.usage.cost": "cost",
        "gen_ai.workflow.name": "agent_name",
        "llm.usage.prompt_tokens": "tokens_in",
        "llm.usage.completion_tokens": "tokens_out",
        "llm.usage.total_tokens": "tokens",
        "llm.response.model": "model",
        "llm.request.model": "model",
        "llm.vendor": "provider",
        "traceloop.entity.input": "input",
        "traceloop.entity.output": "output",
        "traceloop.entity.name": "tool_name",
        "traceloop.entity.version": "agent_version",
        "traceloop.workflow.name": "agent_name",
    },
    lists={
        "gen_ai.prompt": "input_messages",
        "gen_ai.completion": "output_messages",
        "llm.prompts": "input_messages",
        "llm.completions": "output_messages",
    },
    metadata=("traceloop.association.properties.",),
)
