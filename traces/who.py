"""Who made a run, and for whom."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.events import Agent
from pilotfish.traces.dialects.dialect import Fact
from pilotfish.traces.model_call import ModelCall
from pilotfish.traces.operation import Operation
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import name

_METHOD: Final = re.compile(r"\.(forward|run)$")
"""Behind the name of a class or an agent: of DSPy, of LlamaIndex and smolagents."""
_UNNAMED = "unknown_service"
"""How the name of a service begins that nobody named."""


def agent_of(run: Run, calls: Iterable[ModelCall]) -> Agent:
    """Return the run's agent: by its own name, that of its service, or that of its span."""
    speakers = [node.operation for node in run.speakers]
    resource = run.tops[0].span.resource
    service = name(resource.get("service.name"))
    names = [
        *(operation.agent_name for operation in speakers),
        "" if service.startswith(_UNNAMED) else service,
        *map(_span_name, speakers),
    ]
    versions = (o.name("agent_version") for o in speakers)
    models = [*(call.model for call in calls), *(o.name("model") for o in speakers)]
    return Agent(
        name=_first(names) or "agent",
        version=_first([*versions, name(resource.get("service.version"))]),
        model=_first(models),
    )


def agent_name(node: Node) -> str:
    """Return the name of an agent: as it is told, or that of its span."""
    return node.operation.agent_name or _span_name(node.operation) or "agent"


def _span_name(operation: Operation) -> str:
    """Return the name of a span that is an agent's or a chain's."""
    if not operation.is_genai or operation.kind not in ("agent", "other"):
        return ""
    return name(_METHOD.sub("", operation.span.name))


def attributes_of(run: Run) -> dict[str, JsonValue]:
    """Return who asked, and in which session, and where the attempt was recorded."""
    operations = [node.operation for node in run.nodes]
    known: dict[str, JsonValue] = {
        "trace.id": run.tops[0].span.trace_id,
        "user.id": _first(_told(operations, "user", ("user_id", "user.id"))),
        "session.id": _first(
            _told(operations, "session", ("session_id", "thread_id", "session.id"))
        ),
    }
    return {key: value for key, value in known.items() if value}


def _told(
    operations: Iterable[Operation], fact: Fact, in_metadata: Iterable[str]
) -> Iterator[str]:
    for operation in operations:
        yield operation.name(fact)
        yield from (name(operation.metadata.get(key)) for key in in_metadata)


def _first(names: Iterable[str]) -> str:
    return next(filter(None, names), "")
