"""Requests for advice: mended and redacted in the agent's thread, then sent."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from pilotfish._sdk.event_fields import kind_and_name
from pilotfish._sdk.hint import PendingHint
from pilotfish._sdk.mending import Mending
from pilotfish._sdk.redaction import Redaction
from pilotfish._sdk.text import as_text
from pilotfish._sdk.transport.transport import Transport
from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_APPROACHES,
    MAX_INSTRUCTION,
    MAX_STEP_CONTENT,
    AdviceRequested,
)
from pilotfish.schemas.codec import first_problem
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Agent
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.request_ids import Question, new_request_id
from pilotfish.schemas.texts import cut, encodable
from pilotfish.schemas.topics import ADVICE_REPLIES

_APPROACHES: Final = "AdviceRequested.approaches"


class AdviceRequests:
    """Sends the requests for advice of one client."""

    def __init__(
        self,
        transport: Transport,
        client_id: str,
        tenant: str,
        agent: Agent,
        redaction: Redaction,
        mending: Mending,
    ) -> None:
        self._transport = transport
        self._client_id = client_id
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction
        self._mending = mending

    def ask(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        approaches: Mapping[str, str] | None,
    ) -> PendingHint:
        """Send a request; does not wait for the answer.

        Without approaches, it asks for a strategy that was found.

        Raises:
            SchemaError: approaches are given, and none can be chosen; it says why.
        """
        offered, names = self._offered(approaches)
        question: Question = "named" if offered else "found"
        about = attempt_id, problem, problem_type
        pending = self._send(question, *about, approaches=offered)
        return pending._replace(names=names)

    def ask_next(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        steps: Sequence[tuple[str, str, str]],
    ) -> PendingHint:
        """Send the question what comes after these steps; does not wait for the answer.

        Args:
            attempt_id: the attempt.
            problem: its problem.
            problem_type: the problem's type.
            steps: kind, name and content of each of its first steps.

        Raises:
            SchemaError: there is no step.
        """
        if not steps:
            raise SchemaError(
                "no step of this attempt is known here: record one, or ask for advice()"
            )
        taken = [self._taken(*step) for step in steps]
        return self._send("next", attempt_id, problem, problem_type, steps=taken)

    def _send(
        self,
        question: Question,
        attempt_id: str,
        problem: str,
        problem_type: str,
        **asked: Any,
    ) -> PendingHint:
        field = "AdviceRequested.problem_type"
        try:
            request = AdviceRequested(
                request_id=new_request_id(question),
                tenant=self._tenant,
                client_id=self._client_id,
                attempt_id=attempt_id,
                agent=self._agent,
                problem=self._redacted_problem(problem),
                problem_type=self._mending.text(field, problem_type, MAX_NAME),
                reply_topic=ADVICE_REPLIES.name,
                reply_partition=0,
                **asked,
            )
        except ValidationError as error:
            raise SchemaError(first_problem(AdviceRequested, error)) from error
        return self._transport.ask(request)

    def _taken(self, kind: str, name: str, content: str) -> dict[str, Any]:
        """Return a step as requests have it, mended and redacted as the event of it was."""
        redacted = self._redaction.text(content)
        step = kind_and_name(kind, name, self._mending)
        return {**step, "content": encodable(redacted[:MAX_STEP_CONTENT])}

    def _redacted_problem(self, problem: str) -> str:
        # Cut generously first: a secret at the final cut must still be whole when
        # `redact` looks for it.
        beginning = as_text(problem)[: 2 * MAX_ADVICE_PROBLEM]
        return cut(self._redaction.text(beginning), MAX_ADVICE_PROBLEM)

    def _offered(self, approaches: Any) -> tuple[dict[str, str], dict[str, str]]:
        """Return the approaches as they are sent, and the agent's own names for them."""
        if approaches is None:
            return {}, {}
        if not isinstance(approaches, Mapping):
            raise SchemaError("approaches must map names to instructions")
        offered, names = self._mended(approaches)
        if approaches and not offered:
            raise SchemaError("none of the approaches has a name")
        return offered, names

    def _mended(
        self, approaches: Mapping[Any, Any]
    ) -> tuple[dict[str, str], dict[str, str]]:
        offered: dict[str, str] = {}
        names: dict[str, str] = {}
        for given, instruction in _first(approaches):
            name = self._mending.name(_APPROACHES, given)
            if not name or name in offered:
                self._mending.note(_APPROACHES, "left out what has no name of its own")
            elif len(offered) == MAX_APPROACHES:
                self._mending.note(_APPROACHES, f"more than {MAX_APPROACHES}, cut")
            else:
                offered[name] = self._instruction(instruction)
                names[name] = given
        return offered, names

    def _instruction(self, instruction: object) -> str:
        beginning = as_text(instruction)[: 2 * MAX_INSTRUCTION]
        redacted = self._redaction.text(beginning)
        return self._mending.text(_APPROACHES, redacted, MAX_INSTRUCTION)


def _first(approaches: Mapping[Any, Any]) -> Iterator[tuple[str, object]]:
    # Never the whole of a huge mapping: a few may have no name, and one is too many.
    for name, instruction in islice(approaches.items(), 2 * MAX_APPROACHES):
        yield as_text(name), instruction
