"""Decodes records; what cannot be read goes to a function that sets it aside."""

from collections.abc import Callable

from confluent_kafka import Message as Record

from pilotfish.runtime.kafka import headers
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.topics import Topic

SetAside = Callable[[Record, str], object]
"""Takes a record that cannot be read, and the reason."""


def decoded(topic: Topic, record: Record, set_aside: SetAside) -> Message | None:
    """Return the record's message; None where it has none, which is set aside."""
    try:
        return decode(topic, record.value(), headers(record))
    except SchemaError as error:
        set_aside(record, str(error))
        return None
