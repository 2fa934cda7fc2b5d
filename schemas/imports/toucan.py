"""Rows of TOUCAN: conversations with tools, each judged by a model."""

from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import conversation
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import Format, Sample, of_records
from pilotfish.schemas.imports.values import mappings, name, text
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "toucan"
_READS: Final = (
    *("uuid", "subset_name", "messages", "question"),
    "response_quality_assessment",
)
_NEEDED: Final = {"messages", "response_quality_assessment"}
_JUDGED: Final = ("conciseness", "completeness")
"""In this order: the last judgement decides, and only completeness is about success."""
_STARS: Final = (1, 5)


def _is_this(sample: Sample) -> bool:
    return any(isinstance(r, dict) and r.keys() >= _NEEDED for r in sample.records)


def _attempt(record: dict[str, Any]) -> Fields:
    told = conversation(mappings(record.get("messages")))
    return {
        **told,
        "problem": told["problem"] or text(record.get("question")) or None,
        "problem_type": record.get("subset_name"),
        "id": name(record.get("uuid")) or content_id(record),
        "signals": list(
            _judgements(mapping(record.get("response_quality_assessment")))
        ),
    }


def _judgements(assessment: dict[str, Any]) -> Iterator[Fields]:
    for quality in _JUDGED:
        judgement = mapping(assessment.get(quality))
        if judgement.get("score") is not None:
            yield {
                "kind": "judge",
                "value": judgement["score"],
                "scale": _STARS,
                "detail": f"{quality}: {text(judgement.get('reasoning'))}",
                "key": quality,
            }


FORMAT: Final = Format(
    _NAME,
    "rows of TOUCAN",
    _is_this,
    of_records(_NAME, _attempt, _READS),
    note="its scores are a model's judgement of the answer, not a check of it",
)
