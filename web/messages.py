"""Reads messages out of JSON bodies: what is wrong is named by its field."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import encode, wrong_field
from pilotfish.schemas.topics import Topic
from pilotfish.web.refusals import media_type, refused

Made = TypeVar("Made", bound=Message)

JSON: Final = "application/json"
_MAX_FIELD: Final = 200


class FieldError(Exception):
    """A field of a body that cannot be taken.

    Args:
        field: its name, with the path to it; empty for the whole body.
        reason: what is wrong.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field[:_MAX_FIELD]
        self.reason = reason


async def on_field_error(request: Request, error: Exception) -> Response:
    """Answer with the field and the reason."""
    assert isinstance(error, FieldError)
    return refused(request, 422, error.reason, field=error.field)


def require_json(request: Request) -> None:
    """Check the content type.

    Raises:
        HTTPException: 415, it is not JSON.
    """
    if media_type(request) != JSON:
        raise HTTPException(415, f"the content type must be {JSON}")


def parsed(body: bytes) -> Any:
    """Return the content of a JSON body.

    Raises:
        HTTPException: 400, it is not JSON.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error


def message_of(
    kind: type[Made], data: object, fixed: Mapping[str, Any], at: str = ""
) -> Made:
    """Return the message that an object of JSON describes.

    Args:
        kind: the type of the message.
        data: what the client sent.
        fixed: fields that the client may not choose.
        at: where the object stands in the body, as "3." for the fourth of a list.

    Raises:
        FieldError: the object is no such message.
    """
    if not isinstance(data, dict):
        raise FieldError(at.rstrip("."), "must be a JSON object")
    for name in data.keys() & fixed.keys():
        raise FieldError(at + name, "is not for the client to choose: leave it out")
    try:
        return kind.model_validate({**data, **fixed})
    except ValidationError as error:
        path, reason = wrong_field(error)
        raise FieldError(at + path, reason) from error


def check_size(message: Message, topic: Topic, at: str = "") -> None:
    """Check that a message is not too large for its topic.

    Raises:
        FieldError: it is.
    """
    size = len(encode(message))
    if size > topic.max_bytes:
        why = f"has {size} bytes as JSON, at most {topic.max_bytes} are allowed"
        raise FieldError(at.rstrip("."), why)
