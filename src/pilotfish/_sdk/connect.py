"""Opening a client."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pilotfish._sdk.async_client import AsyncClient
from pilotfish._sdk.client import Client
from pilotfish._sdk.options import Options
from pilotfish._sdk.session import Session

if TYPE_CHECKING:
    from pilotfish._sdk.connection import Connection


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
) -> Client:
    """Return a client; does not wait for Kafka, which may start later.

    Security settings are read from PILOTFISH_KAFKA_*.

    Args:
        kafka: addresses, as `host:port,host:port`; else PILOTFISH_KAFKA, else the
            embedded one.
        tenant: whose data it is; else PILOTFISH_TENANT, else "default".
        agent: the name of the agent.
        agent_version: its version.
        model: the model it uses.
        advice_deadline_s: how long `advice` may wait.
        redact: every text passes it before it leaves the process; called from several
            threads. A text on which it raises is replaced.
        queue_bytes: memory for events that wait; what does not fit is dropped, the
            oldest steps first, and counted. Kafka's client holds up to 16 MB besides,
            of which there is a copy where there is a spool.
        spool: a folder for events that Kafka does not take, as they leave the process:
            redacted. Up to 256 MB a process, then the oldest steps are dropped. They are
            sent in order, before newer ones, by this process or, once that is gone, by
            another of the same tenant; give each Kafka a folder of its own. After kill
            -9 it holds all that Kafka had not acknowledged, but for the last second. What
            was acknowledged in the moment of the kill is sent again, with its `event_id`,
            by which pilotfish counts it once. It outlives the process, not the power.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    session = _session(
        Options(
            kafka=kafka,
            tenant=tenant,
            agent=agent,
            agent_version=agent_version,
            model=model,
            advice_deadline_s=advice_deadline_s,
            redact=redact,
            queue_bytes=queue_bytes,
            spool=None if spool is None else Path(spool),
        )
    )
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
) -> AsyncClient:
    """Return a client for asyncio, for `async with`; the arguments are `connect`'s.

    Raises:
        ConfigurationError: a setting is wrong; some only on entering.
    """
    return AsyncClient(
        _session(
            Options(
                kafka=kafka,
                tenant=tenant,
                agent=agent,
                agent_version=agent_version,
                model=model,
                advice_deadline_s=advice_deadline_s,
                redact=redact,
                queue_bytes=queue_bytes,
                spool=None if spool is None else Path(spool),
            )
        ),
        tenant,
    )


def _session(options: Options) -> Session:
    def open_connection() -> "Connection":
        # Not before it is needed: pydantic and Kafka's client take a third of a second.
        from pilotfish._sdk.transport.kafka import open_connection

        return open_connection(options)

    return Session(open_connection, options.advice_deadline_s)
