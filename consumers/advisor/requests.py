"""Reads requests for advice, and makes the answers to unreadable ones."""

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
    """Where an answer goes; without a partition, Kafka chooses it by the key."""

    topic: str
    partition: int | None


@dataclass(frozen=True, slots=True)
class TracedRequest:
    """A request, with the headers of the agent's trace that it belongs to."""

    request: AdviceRequested
    trace: TraceHeaders


class _Sender(BaseModel):
    """The fields without which an unreadable request cannot be answered."""

    request_id: Identifier
    client_id: Identifier
    tenant: Identifier = "default"
    reply_partition: Annotated[int, Field(ge=0)]


def read(record: Record) -> TracedRequest:
    """Return the request in a record.

    Raises:
        SchemaError: it holds none; the message says why.
    """
    record_headers = headers(record)
    request = decode(ADVICE_REQUESTS, record.value(), record_headers)
    assert isinstance(request, AdviceRequested)
    return TracedRequest(request, of_record(record_headers))


def refusal(record: Record, reason: str) -> tuple[HintGiven, Address] | None:
    """Return the answer to an unreadable request; None if it does not name its sender."""
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
