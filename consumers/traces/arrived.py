"""A span that has arrived: whose it is, where its record lies, and what it is about."""

from typing import NamedTuple

from pilotfish.consumers.traces.span_store import ResponseKey, TraceKey
from pilotfish.schemas.keys import Place
from pilotfish.traces.responses import judged_response, trace_of_response
from pilotfish.traces.span import Span


class Arrived(NamedTuple):
    """A span, with the place and offset of the record that it came in."""

    tenant: str
    span: Span
    place: Place
    offset: int

    @property
    def key(self) -> TraceKey:
        """Its tenant and trace."""
        return self.tenant, self.span.trace_id

    @property
    def judged(self) -> list[ResponseKey]:
        """The response that it judges, if it is an evaluation that names one."""
        response = judged_response(self.span)
        return [(self.tenant, response)] if response else []

    @property
    def own_trace(self) -> list[TraceKey]:
        """Its trace; none if it is an evaluation that named only a response."""
        kept_at = [(self.tenant, trace_of_response(r)) for _, r in self.judged]
        return [] if self.key in kept_at else [self.key]
