"""Which approach a run took: the first source that is there counts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import span

from pilotfish.schemas.events import AttemptEnded, AttemptStarted
from pilotfish.schemas.request_ids import new_request_id
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span

AGENT: dict[str, Any] = {"gen_ai__operation__name": "invoke_agent"}
TOOL: dict[str, Any] = {"gen_ai__operation__name": "execute_tool"}


def approach(*spans: Span) -> str | None:
    events = events_of(spans, "t")
    (start,) = [e for e in events if isinstance(e, AttemptStarted)]
    (end,) = [e for e in events if isinstance(e, AttemptEnded)]
    assert start.approach == end.approach
    return start.approach


ROOT = span(1, **AGENT, gen_ai__agent__name="solver")
SKILL = span(
    2,
    1,
    **TOOL,
    gen_ai__tool__name="load_skill",
    gen_ai__tool__call__arguments='{"skill": "by skill"}',
)
SUB_AGENT = span(3, 1, **AGENT, gen_ai__agent__name="by sub-agent")
METADATA = span(4, 1, metadata='{"approach": "by metadata"}', **TOOL)
RESOURCE = replace(ROOT, resource={"pilotfish.approach": "by resource"})
ADVISED = span(
    6,
    1,
    pilotfish__approach="plan-show-b54a57",
    pilotfish__request_id=new_request_id("found"),
)
DEEP = span(5, 3, **TOOL, pilotfish__approach="deep")
TOP = span(6, 1, **TOOL, pilotfish__approach="by attribute")


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([ROOT], None),
        ([ROOT, ADVISED], None),
        ([ROOT, SKILL, ADVISED], "by skill"),
        ([ROOT, SKILL], "by skill"),
        ([ROOT, SKILL, SUB_AGENT], "by sub-agent"),
        ([ROOT, SKILL, SUB_AGENT, METADATA], "by metadata"),
        ([RESOURCE, SKILL, SUB_AGENT, METADATA], "by resource"),
        ([RESOURCE, SUB_AGENT, METADATA, DEEP], "deep"),
        ([RESOURCE, SUB_AGENT, METADATA, DEEP, TOP], "by attribute"),
    ],
    ids=range(9),
)
def test_the_first_source_counts(spans: list[Span], expected: str | None) -> None:
    assert approach(*spans) == expected


SOLVER: dict[str, Any] = {
    "gen_ai__agent__version": "v7",
    "gen_ai__agent__name": "solver",
    "gen_ai__request__model": "small",
}
HINTED = span(6, 1, pilotfish__approach="advised", pilotfish__request_id="r1")


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("skill", "by skill"),
        ("sub_agent", "by sub-agent"),
        ("model", "small"),
        ("version", "v7"),
        ("odd", "by sub-agent"),
    ],
)
def test_the_fact_that_the_run_names_counts(by: str, expected: str) -> None:
    root = span(1, **AGENT, **SOLVER, pilotfish__approach_by=by)
    assert approach(root, SKILL, SUB_AGENT) == expected
    told = replace(span(1, **AGENT, **SOLVER), resource={"pilotfish.approach_by": by})
    assert approach(told, SKILL, SUB_AGENT) == expected
    assert approach(root, SKILL, SUB_AGENT, METADATA) == "by metadata"


def test_what_was_advised_counts_where_no_fact_does() -> None:
    by_skill = span(1, **AGENT, **SOLVER, pilotfish__approach_by="skill")
    assert approach(by_skill, HINTED) is None
    assert approach(by_skill, HINTED, SKILL) == "by skill"
    assert approach(ROOT, HINTED, SKILL) == "advised"


@pytest.mark.parametrize(
    "told",
    [
        {
            "openinference.span.kind": "CHAIN",
            "metadata": json.dumps({"approach": "plan"}),
        },
        {"traceloop.association.properties.approach": "plan"},
        {"ai.telemetry.metadata.approach": "plan"},
        {"metadata": {"pilotfish.approach": "plan"}},
    ],
    ids=["openinference", "openllmetry", "vercel", "an object"],
)
def test_metadata_in_every_dialect(told: dict[str, Any]) -> None:
    assert approach(ROOT, replace(span(2, 1), attributes=told)) == "plan"


@pytest.mark.parametrize(
    ("tool", "arguments", "skill"),
    [
        ("Skill", '{"command": "pdf"}', "pdf"),
        ("read_file", '{"path": "/skills/charts/SKILL.md"}', "charts"),
        ("read_file", '{"path": "SKILL.md"}', None),
        ("bash", '{"command": "ls"}', None),
        ("load_skill", "no json", None),
        ("read_file", "a-" * 100_000 + "SKILL.md", None),
    ],
)
def test_skills(tool: str, arguments: str, skill: str | None) -> None:
    told = {"gen_ai__tool__name": tool, "gen_ai__tool__call__arguments": arguments}
    assert approach(ROOT, span(2, 1, **TOOL, **told)) == skill


def test_a_skill_that_the_conventions_name_counts() -> None:
    """Also where the tool has a name of its own, and shows no arguments."""
    loads = span(2, 1, **TOOL, gen_ai__tool__name="fetch", gen_ai__skill__name="charts")
    assert approach(ROOT, loads) == "charts"
    assert approach(ROOT, loads, SUB_AGENT) == "by sub-agent"


@pytest.mark.parametrize("odd", [7, None, "", [], {"a": 1}, "x" * 300], ids=repr)
def test_an_odd_approach_costs_itself(odd: Any) -> None:
    found = approach(
        replace(ROOT, attributes={**ROOT.attributes, "pilotfish.approach": odd})
    )
    assert found in (None, "7", "x" * 200)
