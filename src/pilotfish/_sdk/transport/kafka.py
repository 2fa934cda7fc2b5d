"""The transport over Kafka: three clients, each with a thread that serves it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Kafka's client imports this by itself at the first look at the topics, in a background
# thread: a child forked in that moment would wait for the import for ever.
import confluent_kafka.admin  # noqa: F401
from pydantic import TypeAdapter, ValidationError

from pilotfish._sdk.connection import Connection, Identity
from pilotfish._sdk.hint import Question
from pilotfish._sdk.options import Options
from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.transport.kafka_advice import AdviceLine
from pilotfish._sdk.transport.kafka_events import FOR_EVER_MS, EventProducer
from pilotfish._sdk.transport.kafka_hints import HintFeed
from pilotfish._sdk.transport.transport import Settled
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.ids import Identifier

if TYPE_CHECKING:
    from pilotfish._sdk.spool.producer import SpoolingProducer


class KafkaTransport:
    """Events, advice and hints over one Kafka. Opening does not wait for it.

    Raises:
        ConfigurationError: settings with which no client can be made.
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
        self._advice = AdviceLine(settings, client_id, deadline_s, warnings)
        self._feeds: set[HintFeed] = set()

    @property
    def spool(self) -> SpoolCounts:
        return self._events.spool

    def publish(self, event: Event, settled: Settled) -> bool:
        return self._events.publish(event, settled)

    def poll(self, timeout_s: float) -> None:
        self._events.poll(timeout_s)

    def answers(self, timeout_s: float) -> bool:
        return self._events.answers(timeout_s)

    def keep(self) -> bool:
        return self._events.keep()

    def ask(self, request: AdviceRequested) -> Question:
        return self._advice.ask(request)

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        feed = HintFeed(self._settings, tenant, callback, self._warnings)
        self._feeds.add(feed)

        def end() -> None:
            feed.close()
            self._feeds.discard(feed)

        return end

    def close(self) -> None:
        for feed in tuple(self._feeds):
            feed.stop()
        self._advice.close()
        self._events.close()


def open_connection(options: Options) -> Connection:
    """Open everything that a client of these options needs; does not wait for Kafka.

    Raises:
        ConfigurationError: a setting is wrong; the message says which.
    """
    settings = _settings(options)
    identity = _identity(options, settings)

    def open_transport(client_id: str, warnings: Warnings) -> KafkaTransport:
        events = _events(settings, options.spool, identity.tenant, warnings)
        return KafkaTransport(
            settings, events, client_id, options.advice_deadline_s, warnings
        )

    return Connection(identity, open_transport)


def _events(
    settings: Settings, spool: Path | None, tenant: str, warnings: Warnings
) -> "EventProducer | SpoolingProducer":
    if spool is None:
        return EventProducer(settings, warnings)
    # Not everywhere: Windows lacks the locks.
    from pilotfish._sdk.spool.producer import SpoolingProducer
    from pilotfish._sdk.spool.spool import Spool

    events = EventProducer(settings, warnings, FOR_EVER_MS)
    return SpoolingProducer(events, Spool(spool, tenant, warnings), warnings)


def _settings(options: Options) -> Settings:
    given = {"kafka": options.kafka, "tenant": options.tenant}
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    try:
        return Settings(**changes)
    except ValidationError as error:
        raise _misconfigured("PILOTFISH_", error) from error


def _identity(options: Options, settings: Settings) -> Identity:
    try:
        tenant = TypeAdapter(Identifier).validate_python(settings.tenant)
        agent = Agent(
            name=options.agent, version=options.agent_version, model=options.model
        )
    except ValidationError as error:
        raise _misconfigured("connect: ", error) from error
    return Identity(tenant, agent, options.redact, options.queue_bytes)


def _misconfigured(where: str, error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = "_".join(str(part) for part in first["loc"]) or "tenant"
    if where.isupper():
        place = place.upper()
    return ConfigurationError(f"{where}{place}: {first['msg']}")
