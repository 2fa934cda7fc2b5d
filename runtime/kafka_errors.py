"""Errors of Kafka's client as pilotfish's errors: which of them a retry can heal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as Record

from pilotfish.schemas.errors import ConfigurationError, UnavailableError

_REJECTED = frozenset(
    {
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - librdkafka's public code for it
    }
)
_MISCONFIGURED = _REJECTED | {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError._INVALID_ARG,  # noqa: SLF001
}
NO_HANDSHAKE = _MISCONFIGURED | {KafkaError._SSL}  # noqa: SLF001
"""Why a first handshake fails; later, a cut connection is an error of TLS as well."""


@contextmanager
def mapped_errors(what: str) -> Iterator[None]:
    """Turn KafkaException into pilotfish's errors; `what` names the work in progress.

    Raises:
        ConfigurationError: Kafka refuses these settings; a retry would not help.
        UnavailableError: any other error; a retry may help.
    """
    try:
        yield
    except KafkaException as error:
        raise mapped(what, error.args[0]) from error


def readable(records: Iterable[Record]) -> list[Record]:
    """Return the records that carry a message; raise for the errors among them.

    Raises:
        ConfigurationError, UnavailableError: as `mapped_errors`.
    """
    messages = []
    for record in records:
        error = record.error()
        if error is None:
            messages.append(record)
        elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
            raise mapped(f"reading {record.topic() or 'Kafka'}", error)
    return messages


def raise_if_rejected(error: KafkaError) -> None:
    """Raise from the poll under way: librdkafka itself would retry forever.

    A right that was taken away arrives as a record instead: see `readable`.
    """
    if error.code() in _REJECTED:
        raise refused("reading", error.str())


def mapped(what: str, error: Any) -> ConfigurationError | UnavailableError:
    """Return pilotfish's error for one of Kafka's; `what` names the work in progress."""
    text = error.str() if isinstance(error, KafkaError) else str(error)
    if isinstance(error, KafkaError) and error.code() in _MISCONFIGURED:
        return refused(what, text)
    return UnavailableError(f"{what}: Kafka does not answer: {text}")


def refused(what: str, text: str) -> ConfigurationError:
    """Return the error for a user whom Kafka does not let in, or not do this."""
    return ConfigurationError(
        f"{what}: Kafka refuses: {text}; check the PILOTFISH_KAFKA settings"
    )
