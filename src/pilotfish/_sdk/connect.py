"""Opening a client."""

import os
from collections.abc import Callable

from pilotfish._sdk.approach_by import ApproachBy, Fact
from pilotfish._sdk.async_client import AsyncClient
from pilotfish._sdk.client import Client
from pilotfish._sdk.options import Options
from pilotfish._sdk.session import Session
from pilotfish._sdk.shared_connections import Joined


def connect(
    *,
    kafka: str | None = None,
    tenant: str | None = None,
    agent: str = "agent",
    agent_version: str = "",
    model: str = "",
    advice_deadline_s: float = 0.25,
    redact: Callable[[str], str] | None = None,
    queue_bytes: int = 16 * 1024 * 1024,
    spool: str | os.PathLike[str] | None = None,
    control_flow: tuple[type[BaseException], ...] = (),
    approach_by: Fact | None = None,
) -> Client:
    """Return a client; does not wait for Kafka, which may start later.

    Make one for each process, and share it among threads. Clients with equal arguments
    and settings share one connection, which is closed when the last of them is closed or
    garbage, once its events are sent. Security settings are read from PILOTFISH_KAFKA_*.

    Args:
        kafka: addresses, as `host:port,host:port`; else PILOTFISH_KAFKA, else the
            embedded Kafka.
        tenant: the owner of the data; else PILOTFISH_TENANT, else "default".
        agent: the name of the agent.
        agent_version: its version.
        model: the model it uses.
        advice_deadline_s: how long `advice` may block.
        redact: applied to every text before it leaves the process; called from several
            threads. A text on which it raises is replaced.
        queue_bytes: memory for events that wait to be sent. When it is full, the oldest
            steps are dropped first, and counted. Kafka's client holds up to 16 MB more,
            and as much again for copies where there is a spool.
        spool: a folder for redacted events that Kafka does not accept. Holds up to 256 MB
            per process; beyond that the oldest steps are dropped. Spooled events are sent
            in order, before newer events, by this process or, once it is gone, by another
            process of the same tenant; use one folder per Kafka. After kill -9 the spool
            holds everything that Kafka had not acknowledged, except for the last second.
            An event acknowledged at the moment of the kill is sent again, with the same
            `event_id`, and counted once. The spool survives the process, not a power
            failure.
        control_flow: types of exceptions that are no failure when they leave an attempt,
            such as an interrupt for a person. Well-known ones, and their subclasses, are
            recognised by name: see `_sdk/control_flow.py`.
        approach_by: which fact of an attempt counts as its approach, instead of the
            approach that was advised: "skill", the one that was loaded first;
            "sub_agent", the one that was called first; "model"; or "version", that of the
            agent. `attempt.use` has the last word.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    session = _session(Options(**locals()))
    session.open()
    return Client(session, tenant)


def connect_async(
    *,
    kafka: str | None = None,
    tenant: str | None = None,
    agent: str = "agent",
    agent_version: str = "",
    model: str = "",
    advice_deadline_s: float = 0.25,
    redact: Callable[[str], str] | None = None,
    queue_bytes: int = 16 * 1024 * 1024,
    spool: str | os.PathLike[str] | None = None,
    control_flow: tuple[type[BaseException], ...] = (),
    approach_by: Fact | None = None,
) -> AsyncClient:
    """Return a client for asyncio, for `async with`; the arguments are those of `connect`.

    Raises:
        ConfigurationError: a setting is wrong; some are checked only on entering.
    """
    return AsyncClient(_session(Options(**locals())), tenant)


def _session(options: Options) -> Session:
    def join(user: object) -> Joined:
        # Imported on first use: pydantic and Kafka's client take a third of a second.
        from pilotfish._sdk.transport.kafka import join

        return join(options, user)

    by = ApproachBy(options.approach_by, options.model, options.agent_version)
    return Session(join, options.advice_deadline_s, options.control_flow, by)
