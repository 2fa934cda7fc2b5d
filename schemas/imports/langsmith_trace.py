"""The runs of one LangSmith trace as an attempt."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.langsmith_texts import answered, asked, plain, usage
from pilotfish.schemas.imports.values import (
    count,
    mappings,
    moment,
    name,
    seconds_between,
    text,
)
from pilotfish.schemas.infrastructure import means_infrastructure
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import Tokens, cost

READS: Final = frozenset(
    (
        *("id", "trace_id", "parent_run_id", "dotted_order", "child_runs"),
        *("name", "run_type", "start_time", "end_time", "inputs", "outputs", "error"),
        *("extra", "total_tokens", "total_cost", "session_name"),
        *("feedback", "feedback_stats"),
        *("status", "session_id", "parent_run_ids", "child_run_ids"),
        *("direct_child_run_ids", "prompt_tokens", "completion_tokens"),
        *("prompt_cost", "completion_cost"),
        *("prompt_token_details", "completion_token_details"),
    )
)
"""The fields of a run that are looked at, or said by others of these."""

_TOOLS: Final = ("tool", "retriever")
_TRACE: Final = "Traceback (most recent call last):"
_CLASS: Final = re.compile(r"[\w.]*?(\w+)\(")

Run = dict[str, Any]


def attempt(trace: str, runs: Sequence[Run]) -> Fields:
    """Return what the runs of a trace, in any order, tell of its attempt."""
    by_id = {name(run.get("id")): run for run in runs}
    inner = sorted(by_id.values(), key=_order)
    root = next(
        (r for r in inner if name(r.get("parent_run_id")) not in by_id), inner[0]
    )
    metadata = _metadata(root)
    steps = [s for r in inner if r is not root or len(inner) == 1 for s in _steps(r)]
    return {
        "id": trace,
        "problem": asked(root.get("inputs")),
        "agent": root.get("name"),
        "version": metadata.get("revision_id"),
        "model": next(filter(None, map(_model, inner)), ""),
        "approach": metadata.get("pilotfish.approach") or metadata.get("approach"),
        "attributes": _attributes(root, metadata),
        "steps": steps + _answer(root, alone=len(inner) == 1),
        "signals": [*_feedback(inner), *_failure(root)],
        "at": root.get("start_time"),
        "ended_at": root.get("end_time"),
        "ended": bool(root.get("end_time") or root.get("error")),
        **_status(root),
    }


def _order(run: Run) -> tuple[str, str]:
    return name(run.get("dotted_order")), str(run.get("start_time"))


def _metadata(run: Run) -> dict[str, Any]:
    return mapping(mapping(run.get("extra")).get("metadata"))


def _model(run: Run) -> str:
    invocation = mapping(mapping(run.get("extra")).get("invocation_params"))
    told = (_metadata(run).get("ls_model_name"), invocation.get("model"))
    return next(filter(None, map(name, told)), "")


def _attributes(root: Run, metadata: dict[str, Any]) -> dict[str, str]:
    sessions = (metadata.get(k) for k in ("session_id", "thread_id", "conversation_id"))
    told = {
        "session.id": next(filter(None, map(name, sessions)), ""),
        "user.id": name(metadata.get("user_id")),
        "project": name(root.get("session_name")),
    }
    return {key: value for key, value in told.items() if value}


def _steps(run: Run) -> Iterator[Fields]:
    start, end, key = run.get("start_time"), run.get("end_time"), name(run.get("id"))
    common = {"name": run.get("name"), "duration_s": seconds_between(start, end)}
    if run.get("run_type") == "llm":
        yield {
            **common,
            "kind": "thought",
            "content": answered(run.get("outputs")) or _error(run),
            # Those of other runs are the sums of the models below them.
            "tokens": run.get("total_tokens") or _tokens(run).total or None,
            "cost": run.get("total_cost") or _price(run),
            "at": start,
            "key": key,
        }
    elif run.get("run_type") in _TOOLS:
        given = plain(run.get("inputs"))
        yield {**common, "kind": "action", "content": given, "at": start, "key": key}
        result = _error(run) or plain(run.get("outputs"))
        if end or result:
            yield {
                "kind": "observation",
                "name": run.get("name"),
                "content": result,
                "at": end,
                "key": f"{key}/result",
            }


def _price(run: Run) -> float | None:
    """Return the list price of a model call, where LangSmith knew none."""
    provider = name(_metadata(run).get("ls_provider"))
    at = moment(run.get("start_time"))
    return cost(_model(run), _tokens(run), provider, at) or None


def _tokens(run: Run) -> Tokens:
    """Return the tokens as LangSmith counted them, else as the model's message tells."""
    told = usage(run.get("outputs"))
    read = count(run.get("prompt_tokens")) or count(told.get("input_tokens"))
    written = count(run.get("completion_tokens")) or count(told.get("output_tokens"))
    details = run.get("prompt_token_details") or told.get("input_token_details")
    return Tokens(read, written, min(read, count(mapping(details).get("cache_read"))))


def _answer(root: Run, *, alone: bool) -> list[Fields]:
    content = answered(root.get("outputs")) if not _error(root) else ""
    if not content or (alone and root.get("run_type") in ("llm", *_TOOLS)):
        return []
    key = f"{name(root.get('id'))}/answer"
    at = root.get("end_time")
    return [{"kind": "answer", "content": content, "at": at, "key": key}]


def _status(root: Run) -> Fields:
    error = _error(root)
    if not error:
        return {"status": "unknown"}
    infrastructure = _is_infrastructure(error)
    return {"status": "infrastructure" if infrastructure else "failed", "reason": error}


def _failure(root: Run) -> Iterator[Fields]:
    if error := _error(root):
        kind = "infrastructure" if _is_infrastructure(error) else "exception"
        yield {
            "kind": kind,
            "detail": error,
            "key": "error",
            "at": root.get("end_time"),
        }


def _error(run: Run) -> str:
    """Return the exception that ended a run, without the stack trace behind it."""
    return text(run.get("error")).split(_TRACE)[0].strip()


def _is_infrastructure(error: str) -> bool:
    """Return whether the exception, which the error begins with, is infrastructure's."""
    raised = _CLASS.match(error)
    return raised is not None and means_infrastructure(raised[1])


def _feedback(runs: Sequence[Run]) -> Iterator[Fields]:
    """Yield what was said of the runs: only who used LangSmith's pages is known to know."""
    for run in runs:
        for key, stats in mapping(run.get("feedback_stats")).items():
            average = mapping(stats).get("avg")
            if average is not None:
                yield _score(f"{run.get('id')}/{key}", "judge", key, average)
        for given in mappings(run.get("feedback")):
            source = mapping(given.get("feedback_source")).get("type")
            if given.get("score") is not None:
                yield _score(
                    name(given.get("id")) or f"{run.get('id')}/{given.get('key')}",
                    "explicit" if source == "app" else "judge",
                    f"{name(given.get('key'))} {text(given.get('comment'))}",
                    given["score"],
                )


def _score(key: str, kind: str, detail: str, value: object) -> Fields:
    return {"kind": kind, "value": value, "detail": detail.strip(), "key": key}
