"""Responses of models: an evaluation may name one by its id, instead of a trace and a span."""

import hashlib
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.traces.span import Span
from pilotfish.traces.values import text

RESPONSE_ID: Final = "gen_ai.response.id"


def response_of(told: Mapping[str, JsonValue]) -> str:
    """Return the response that attributes are about, as its provider named it, or "".

    What is longer than a name is none.
    """
    named = told.get(RESPONSE_ID)
    is_name = isinstance(named, str) and len(named) <= MAX_NAME
    return text(named) if is_name else ""


def judged_response(span: Span) -> str:
    """Return the response that an evaluation names, or ""; other spans judge none."""
    return response_of(span.attributes) if span.name == EVALUATION else ""


def trace_of_response(response: str) -> str:
    """Return the id under which evaluations of a response are kept, as if of one trace.

    So they are found by whoever has the response, whichever came first.
    """
    origin = f"{RESPONSE_ID}\n{response}"
    return hashlib.sha256(origin.encode("utf-8", "replace")).hexdigest()[:32]
