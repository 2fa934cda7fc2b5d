"""`POST /v1/advice`: asks the advisor by the SDK's own channel, one for all clients."""

import asyncio
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import Response

from pilotfish._sdk.hint import PendingHint
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.codec import encode
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.request_ids import Question, new_request_id
from pilotfish.schemas.topics import ADVICE_REPLIES
from pilotfish.web.bodies import Bodies
from pilotfish.web.messages import JSON, FieldError, message_of, parsed, require_json

DEADLINE_MS: Final = 250
"""As in the SDK."""
MAX_DEADLINE_MS: Final = 10_000

DEADLINE: Final = "deadline_ms"
"""The field of a body that is not the message's own."""

_OURS: Final[tuple[str, ...]] = (
    "request_id",
    "tenant",
    "client_id",
    "reply_topic",
    "reply_partition",
)
"""Fields of a request that the client cannot choose."""


class Channel(Protocol):
    """How requests reach the advisor."""

    def ask(self, request: AdviceRequested) -> PendingHint:
        """Send a request, whose reply partition the channel fills in."""
        ...


class Advice:
    """Asks for advice.

    Args:
        channel: where requests go.
        client_id: the key of the replies on that channel.
        bodies: reads the bodies.
    """

    fixed: Final = frozenset(_OURS)

    def __init__(self, channel: Channel, client_id: str, bodies: Bodies) -> None:
        self._channel = channel
        self._client_id = client_id
        self._bodies = bodies

    async def post(self, request: Request) -> Response:
        """Answer with the hint, or an abstention once the deadline has passed."""
        require_json(request)
        async with self._bodies.of(request) as body:
            data = parsed(body)
        deadline_ms = _deadline_ms(data)
        hint = await self.hint(request.state.tenant, data, deadline_ms / 1000)
        return Response(encode(hint), media_type=JSON)

    async def hint(self, tenant: str, data: Any, deadline_s: float) -> HintGiven:
        """Return the answer of the advisor; it abstains once the deadline has passed.

        Args:
            tenant: who asks.
            data: the fields of `AdviceRequested` that a client may choose; without
                `attempt_id`, the hint has the id of a new attempt, and without
                `approaches` it names a strategy that was found, or with `steps` the
                next move.
            deadline_s: how long to wait.

        Raises:
            FieldError: a field cannot be taken.
        """
        data = _completed(data)
        request_id = new_request_id(_question(data))
        ours = (request_id, tenant, self._client_id, ADVICE_REPLIES.name, 0)
        fixed: dict[str, Any] = dict(zip(_OURS, ours, strict=True))
        return await self._answer(message_of(AdviceRequested, data, fixed), deadline_s)

    async def _answer(self, request: AdviceRequested, deadline_s: float) -> HintGiven:
        pending = self._channel.ask(request)
        try:
            answer = asyncio.wrap_future(pending.answer)
            return await asyncio.wait_for(answer, deadline_s)
        except TimeoutError:
            why = pending.give_up()
        finally:
            pending.give_up()
        return HintGiven.model_validate(
            {
                "request_id": request.request_id,
                "tenant": request.tenant,
                "client_id": request.client_id,
                "attempt_id": request.attempt_id,
                "abstained": why,
            }
        )


def _question(data: Any) -> Question:
    if not isinstance(data, dict):
        return "named"
    if data.get("steps"):
        return "next"
    return "named" if data["approaches"] else "found"


def _completed(data: Any) -> Any:
    """Fill in what is left out, or given as null."""
    if not isinstance(data, dict):
        return data
    filled_in = {"attempt_id": new_id(), "approaches": {}}
    missing = {name for name in filled_in if data.get(name) is None}
    return {**data, **{name: filled_in[name] for name in missing}}


def _deadline_ms(data: Any) -> float:
    """Take the deadline out of a body."""
    given = data.pop(DEADLINE, None) if isinstance(data, dict) else None
    if given is None:
        return DEADLINE_MS
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise FieldError(DEADLINE, "must be a number of milliseconds")
    if not 0 < given <= MAX_DEADLINE_MS:
        raise FieldError(DEADLINE, f"must be above 0, and at most {MAX_DEADLINE_MS}")
    return given
