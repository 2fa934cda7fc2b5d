"""The transport over Kafka: three clients, each served by a thread of its own."""

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Kafka's client imports this itself when it first lists topics, in a background thread: a
# child forked at that moment would wait for the import forever.
import confluent_kafka.admin  # noqa: F401
from pydantic import TypeAdapter, ValidationError

from pilotfish._sdk.connection import Connection, Identity
from pilotfish._sdk.hint import PendingHint
from pilotfish._sdk.options import Options
from pilotfish._sdk.shared_connections import CONNECTIONS, Joined, Users
from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.text import as_text
from pilotfish._sdk.transport.kafka_advice import AdviceChannel
from pilotfish._sdk.transport.kafka_events import NO_DELIVERY_TIMEOUT_MS, EventProducer
from pilotfish._sdk.transport.kafka_hints import HintFeed
from pilotfish._sdk.transport.transport import OnSettled
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.settings import Settings, wrong_settings
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.ids import Identifier
from pilotfish.schemas.texts import encodable

if TYPE_CHECKING:
    from pilotfish._sdk.spool.producer import SpoolingProducer


class KafkaTransport:
    """Events, advice and hints over one Kafka; does not wait for it.

    Raises:
        ConfigurationError: Kafka's client refuses these settings.
    """

    def __init__(
        self,
        settings: Settings,
        events: "EventProducer | SpoolingProducer",
        client_id: str,
        deadline_s: float,
        warnings: Warnings,
    ) -> None:
        self._settings = settings
        self._warnings = warnings
        self._events = events
        self._advice = AdviceChannel(settings, client_id, deadline_s, warnings)
        self._feeds: set[HintFeed] = set()

    @property
    def spool(self) -> SpoolCounts:
        return self._events.spool

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        return self._events.publish(event, on_settled)

    def poll(self, timeout_s: float) -> None:
        self._events.poll(timeout_s)

    def is_reachable(self, timeout_s: float) -> bool:
        return self._events.is_reachable(timeout_s)

    def spool_everything(self) -> bool:
        return self._events.spool_everything()

    def ask(self, request: AdviceRequested) -> PendingHint:
        return self._advice.ask(request)

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        feed = HintFeed(self._settings, tenant, callback, self._warnings)
        self._feeds.add(feed)

        def unsubscribe() -> None:
            feed.close()
            self._feeds.discard(feed)

        return unsubscribe

    def close(self) -> None:
        for feed in tuple(self._feeds):
            feed.stop()
        self._advice.close()
        self._events.close()


def join(options: Options, user: object) -> Joined:
    """Return the connection of all clients with equal options and settings.

    Opens everything that they need, if there is none; does not wait for Kafka.

    Raises:
        ConfigurationError: a setting is wrong; the message names it.
    """
    settings = _settings(options)

    def opened(users: Users) -> Connection:
        return _connection(options, settings, users)

    return CONNECTIONS.join(_key(options, settings), opened, user)


def _key(options: Options, settings: Settings) -> Hashable:
    try:
        hash(options)
    except TypeError:
        # `redact` may be an object without a hash: such a client shares nothing.
        return object()
    return options, settings


def _connection(options: Options, settings: Settings, users: Users) -> Connection:
    identity = _identity(options, settings)

    def open_transport(client_id: str, warnings: Warnings) -> KafkaTransport:
        events = _events(settings, options.spool, identity.tenant, warnings)
        return KafkaTransport(
            settings, events, client_id, options.advice_deadline_s, warnings
        )

    return Connection(identity, open_transport, users)


def _events(
    settings: Settings,
    folder: str | os.PathLike[str] | None,
    tenant: str,
    warnings: Warnings,
) -> "EventProducer | SpoolingProducer":
    if folder is None:
        return EventProducer(settings, warnings)
    # Imported only here, because Windows lacks the file locks.
    from pilotfish._sdk.spool.producer import SpoolingProducer
    from pilotfish._sdk.spool.spool import Spool

    events = EventProducer(settings, warnings, NO_DELIVERY_TIMEOUT_MS)
    spool = Spool(Path(folder), tenant, warnings)
    return SpoolingProducer(events, spool, warnings)


def _settings(options: Options) -> Settings:
    arguments = {"kafka": options.kafka, "tenant": options.tenant}
    given: dict[str, Any] = {k: v for k, v in arguments.items() if v is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise wrong_settings(error) from error


def _identity(options: Options, settings: Settings) -> Identity:
    try:
        tenant = TypeAdapter(Identifier).validate_python(settings.tenant)
        agent = Agent(
            name=_name(options.agent),
            version=_name(options.agent_version),
            model=_name(options.model),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = "_".join(str(part) for part in first["loc"]) or "tenant"
        raise ConfigurationError(f"connect: {field}: {first['msg']}") from error
    return Identity(tenant, agent, options.redact, options.queue_bytes)


def _name(value: object) -> str:
    return encodable(as_text(value))
