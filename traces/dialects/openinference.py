"""OpenInference, 0.1.42 of its conventions."""

from typing import Final

from pilotfish.traces.dialects.dialect import Dialect

OPENINFERENCE: Final = Dialect(
    kinds={
        "openinference.span.kind": {
            "AGENT": "agent",
            "CHAIN": "other",
            "DECISION": "other",
            "EMBEDDING": "embedding",
            "EVALUATOR": "evaluation",
            "GUARDRAIL": "guardrail",
            "LLM": "model",
            "PROMPT": "other",
            "RERANKER": "retrieval",
            "RETRIEVER": "retrieval",
            "TOOL": "tool",
            "UNKNOWN": "other",
        }
    },
    facts={
        "agent.name": "agent_name",
        "graph.node.id": "agent_name",  # CrewAI
        "task_description": "input",  # CrewAI, whose input has instructions around it
        "input.value": "input",
        "crew_tasks": "input",
        "output.value": "output",
        "llm.cost.total": "cost",
        "llm.cost.prompt": "cost_in",
        "llm.cost.completion": "cost_out",
        "llm.response.model_name": "model",
        "llm.model_name": "model",
        "llm.request.model_name": "model",
        "llm.provider": "provider",
        "llm.system": "provider",
        "llm.token_count.prompt": "tokens_in",
        "llm.token_count.completion": "tokens_out",
        "llm.token_count.total": "tokens",
        "llm.token_count.prompt_details.cache_read": "cached_tokens",
        "llm.token_count.prompt_details.cache_write": "written_tokens",
        "decision.model_name": "model",
        "decision.token_count.input": "tokens_in",
        "decision.token_count.output": "tokens_out",
        "reranker.query": "query",
        "tool.name": "tool_name",
        "tool_call.id": "call_id",
        "tool.id": "call_id",
    },
    lists={
        "llm.input_messages": "input_messages",
        "llm.output_messages": "output_messages",
        "llm.prompts": "input_messages",
        "llm.choices": "output_messages",
        "retrieval.documents": "documents",
        "reranker.output_documents": "documents",
        "evaluations": "evaluations",
        "trace.evaluations": "evaluations",
        "annotations": "evaluations",
        "trace.annotations": "evaluations",
    },
)
