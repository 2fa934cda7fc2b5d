"""The verbs of an attempt over HTTP: start, steps, signals, end, feedback."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.codec import wrong_field
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    EventBase,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting
from pilotfish.schemas.ids import Identifier, new_id
from pilotfish.schemas.request_ids import used
from pilotfish.schemas.topics import EVENTS
from pilotfish.web.bodies import Bodies
from pilotfish.web.messages import (
    FieldError,
    check_size,
    message_of,
    parsed,
    require_json,
)
from pilotfish.web.publisher import Publisher

MOST_AT_ONCE: Final = 4000
"""Steps or signals in one body. Of an attempt hardly more count: `streams` remembers the
ids of 4096 events."""
_KEYS: Final = uuid.UUID("0b6f1d0e-8d0c-4f3b-9f0e-5b0f6d2f4c1a")
"""The namespace of the ids that follow from idempotency keys."""
_ATTEMPT: Final = "attempt"
_IDENTIFIER: Final = TypeAdapter(Identifier)


class Verb(NamedTuple):
    """What a client may say about an attempt.

    Args:
        path: where it is posted to; the attempt's id stands in it, unless it begins one,
            or is in the body.
        summary: what it does, for people.
        event: what is published.
        many: whether a list of them may be posted.
        optional: fields of the event that the door fills in where the client does not.
    """

    path: str
    summary: str
    event: type[EventBase]
    many: bool = False
    optional: frozenset[str] = frozenset()

    @property
    def fixed(self) -> frozenset[str]:
        """The fields that the client cannot choose in the body."""
        in_path = {"attempt_id"} if "{attempt_id" in self.path else set()
        return frozenset({"tenant"} | in_path)


_ONE: Final = "/v1/attempts/{attempt_id:path}"
VERBS: Final = (
    Verb(
        "/v1/attempts",
        "Start an attempt at a problem",
        AttemptStarted,
        optional=frozenset({"attempt_id"}),
    ),
    Verb(f"{_ONE}/steps", "Record steps of an attempt", StepRecorded, many=True),
    Verb(
        f"{_ONE}/signals", "Record evidence of how it goes", SignalRecorded, many=True
    ),
    Verb(f"{_ONE}/end", "End an attempt", AttemptEnded),
    Verb("/v1/feedback", "Say later how an attempt went", FeedbackGiven),
)


class Attempts:
    """The endpoints of the verbs."""

    def __init__(self, publisher: Publisher, bodies: Bodies) -> None:
        self._publisher = publisher
        self._bodies = bodies

    def endpoint(self, verb: Verb) -> Callable[[Request], Any]:
        """Return the endpoint, which answers once Kafka has the events."""

        async def post(request: Request) -> Response:
            require_json(request)
            ids = _Ids.of(request)
            async with self._bodies.of(request) as body:
                read = partial(_events, verb=verb, ids=ids)
                events = await self._bodies.process(body, read)
                await self.publish(events)
            answer = {
                "attempt_id": events[0].attempt_id,
                "event_ids": [event.event_id for event in events],
            }
            return JSONResponse(answer, 202)

        return post

    async def publish(self, events: list[EventBase]) -> None:
        """Publish events of one attempt; returns once Kafka has them.

        Raises:
            UnavailableError: Kafka does not take them.
        """
        await self._publisher.publish(EVENTS, events[0].attempt_id, events)


class _Ids(NamedTuple):
    """The ids of a request: whose it is, of what, and by which idempotency key."""

    tenant: str
    path: str
    attempt_id: str
    key: str

    @classmethod
    def of(cls, request: Request) -> "_Ids":
        attempt_id = request.path_params.get("attempt_id", "")
        if attempt_id:
            _check_identifier(attempt_id)
        key = request.headers.get("idempotency-key", "").strip()
        return cls(request.state.tenant, request.url.path, attempt_id, key)

    def made(self, what: object) -> str:
        """Return an id: with an idempotency key always the same, else a new one."""
        if not self.key:
            return new_id()
        name = "\n".join((self.tenant, self.path, str(what), self.key))
        return str(uuid.uuid5(_KEYS, name))


def _check_identifier(attempt_id: str) -> None:
    try:
        _IDENTIFIER.validate_python(attempt_id)
    except ValidationError as error:
        raise FieldError("attempt_id", wrong_field(error)[1]) from error


def _events(body: bytes, verb: Verb, ids: _Ids) -> list[EventBase]:
    """Return the events of a body, in its order."""
    data = parsed(body)
    if not isinstance(data, list) or not verb.many:
        return [_event(data, verb, ids, 0, "")]
    if not data:
        raise FieldError("", "the list is empty")
    if len(data) > MOST_AT_ONCE:
        raise FieldError("", f"the list has more than {MOST_AT_ONCE} parts")
    return [_event(one, verb, ids, n, f"{n}.") for n, one in enumerate(data)]


def _event(data: object, verb: Verb, ids: _Ids, number: int, at: str) -> EventBase:
    fixed = {"tenant": ids.tenant}
    if ids.attempt_id:
        fixed["attempt_id"] = ids.attempt_id
    if isinstance(data, dict):
        data = {"event_id": ids.made(number), **_completed(data, verb, ids)}
    event = message_of(verb.event, data, fixed, at)
    if isinstance(event, StepRecorded):
        event = fitting(event)
    check_size(event, EVENTS, at)
    return event


def _completed(data: dict[str, Any], verb: Verb, ids: _Ids) -> dict[str, Any]:
    if verb.event is AttemptStarted:
        return {"attempt_id": ids.made(_ATTEMPT), **data}
    if verb.event is AttemptEnded:
        return _with_mark(data)
    return data


def _with_mark(data: dict[str, Any]) -> dict[str, Any]:
    """Turn a whole hint, as /v1/advice answered it, into what the end says about it."""
    hint = data.get("hint")
    if not isinstance(hint, dict) or "client_id" not in hint:
        return data
    try:
        mark = HintGiven.model_validate(hint).mark
    except ValidationError as error:
        path, reason = wrong_field(error)
        raise FieldError(f"hint.{path}" if path else "hint", reason) from error
    return {"approach": used(mark), **data, "hint": mark.model_dump()}
