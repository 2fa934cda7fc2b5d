"""Requests for advice as they are read, and what can be said to senders of bad ones."""

from dataclasses import dataclass
from typing import Annotated

from confluent_kafka import Message as Record
from pydantic import BaseModel, Field, ValidationError

from pilotfish.runtime.kafka import headers
from pilotfish.runtime.trace import TraceHeaders, of_record
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.codec import decode
from pilotfish.schemas.ids import Identifier
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS

_MAX_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Address:
    """Where an answer goes; without a partition, the key decides."""

    topic: str
    partition: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the agent's trace that it belongs to."""

    request: AdviceRequested
    trace: TraceHeaders


class _Sender(BaseModel):
    """The least that must be readable of a bad request to answer it."""

    request_id: Identifier
    client_id: Identifier
    tenant: Identifier = "default"
    reply_partition: Annotated[int, Field(ge=0)]


def read(record: Record) -> Asked:
    """Return the request in a record.

    Raises:
        SchemaError: there is none; the message says why.
    """
    given = headers(record)
    request = decode(ADVICE_REQUESTS, record.value(), given)
    assert isinstance(request, AdviceRequested)
    return Asked(request, of_record(given))


def refusal(record: Record, reason: str) -> tuple[HintGiven, Address] | None:
    """Return the answer to an unreadable request; None if nobody knows whom to answer."""
    try:
        sender = _Sender.model_validate_json(record.value() or b"")
    except ValidationError:
        return None
    hint = HintGiven(
        request_id=sender.request_id,
        tenant=sender.tenant,
        client_id=sender.client_id,
        abstained="invalid",
        detail=reason[:_MAX_DETAIL],
    )
    return hint, Address(ADVICE_REPLIES.name, sender.reply_partition)
