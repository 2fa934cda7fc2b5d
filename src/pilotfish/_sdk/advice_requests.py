"""Requests for advice: validated and redacted in the agent's thread, then sent."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError

from pilotfish._sdk.hint import PendingHint
from pilotfish._sdk.pending_event import as_text
from pilotfish._sdk.redaction import Redaction
from pilotfish._sdk.transport.transport import Transport
from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_APPROACHES,
    AdviceRequested,
)
from pilotfish.schemas.codec import first_problem
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Agent
from pilotfish.schemas.texts import cut
from pilotfish.schemas.topics import ADVICE_REPLIES


class AdviceRequests:
    """Sends the requests for advice of one client."""

    def __init__(
        self,
        transport: Transport,
        client_id: str,
        tenant: str,
        agent: Agent,
        redaction: Redaction,
    ) -> None:
        self._transport = transport
        self._client_id = client_id
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction

    def ask(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        approaches: Mapping[str, str],
    ) -> PendingHint:
        """Send a request; does not wait for the answer.

        Raises:
            SchemaError: these arguments do not make a valid request; the message says
                which field is wrong.
        """
        offered = self._redacted_approaches(approaches)
        try:
            request = AdviceRequested(
                tenant=self._tenant,
                client_id=self._client_id,
                attempt_id=attempt_id,
                agent=self._agent,
                problem=self._redacted_problem(problem),
                problem_type=problem_type,
                approaches=offered,
                reply_topic=ADVICE_REPLIES.name,
                reply_partition=0,
            )
        except ValidationError as error:
            raise SchemaError(first_problem(AdviceRequested, error)) from error
        return self._transport.ask(request)

    def _redacted_problem(self, problem: str) -> str:
        # Cut generously first: a secret at the final cut must still be whole when
        # `redact` looks for it.
        beginning = as_text(problem)[: 2 * MAX_ADVICE_PROBLEM]
        return cut(self._redaction.text(beginning), MAX_ADVICE_PROBLEM)

    def _redacted_approaches(self, approaches: Any) -> dict[str, str]:
        if not isinstance(approaches, Mapping):
            raise SchemaError("approaches must map names to instructions")
        # One more than the limit, so that validation reports it; never a huge mapping.
        first = islice(approaches.items(), MAX_APPROACHES + 1)
        return {name: self._redaction.text(as_text(text)) for name, text in first}
