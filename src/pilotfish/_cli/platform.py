"""`pilotfish up`: everything in one terminal. For servers of your own: `prepare`, `grant`, `policies`."""

import signal
import threading
import time
from typing import Annotated, Final

import typer

from pilotfish.infra.provision.roles import Role
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError

_ASK_AGAIN_S: Final = 1.0


def up() -> None:
    """Start Kafka, ClickHouse and every service here; Ctrl-C stops them all.

    Nothing needs to be installed beside pilotfish. Data and logs stay in
    PILOTFISH_HOME; a service that dies is started again. With PILOTFISH_METRICS_PORT
    set, each service shows metrics and health: on that port, and on the next four.
    """
    from pilotfish._local.platform import metrics_ports, running_platform

    settings = Settings()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running_platform(settings, say=console.print):
        console.print(
            f"[bold]pilotfish is up[/]: Kafka at {settings.kafka}, ClickHouse at "
            f"{settings.clickhouse}, logs in {settings.home / 'logs'}\n"
            "Ctrl-C stops everything."
        )
        for name, port in metrics_ports(settings).items():
            console.print(f"metrics of {name}: {settings.metrics_host}:{port}")
        while not stop.wait(0.5):
            pass
        console.print("stopping")


def prepare(
    replication: Annotated[
        int, typer.Option(min=1, help="Copies of each topic; 3 on a cluster of three.")
    ] = 1,
    within: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for servers that are starting."),
    ] = 120.0,
) -> None:
    """Create the topics and tables that are missing; then the services may start.

    For servers of your own: `pilotfish up` does it by itself. What is there already is
    left as it is, so it may run before every start.
    """
    applied = _prepared(Settings(), replication, time.monotonic() + within)
    console.print(
        f"topics are there; DDL applied: {', '.join(applied) or 'all before'}"
    )


def grant(
    role: Annotated[
        Role,
        typer.Argument(
            help="agent: publishes events, asks for advice, hears replies. service: all of "
            "pilotfish's topics, and its consumer groups. analyst: reads every topic, in "
            "groups whose names begin with analyst-."
        ),
    ],
    user: Annotated[str, typer.Argument(help="The Kafka user, without `User:`.")],
) -> None:
    """Allow a Kafka user what a role needs, as ACLs; for Kafka with an authorizer.

    Connects with PILOTFISH_KAFKA_*, as a user who may alter ACLs. Roles are not tenants:
    every agent may publish for any of them.
    """
    from pilotfish.infra.provision.acl import grant as allow
    from pilotfish.runtime.kafka import client_config

    allow(client_config(Settings()), role, user)
    console.print(f"{user} may now do what the role {role} needs")


def policies(
    tenant: Annotated[str, typer.Argument(help="Whose rows may be read.")],
) -> None:
    """Print the DDL of a ClickHouse role that reads one tenant's rows alone.

    For a ClickHouse of your own, by who may manage access there, again after each
    upgrade: pilotfish policies acme | clickhouse-client. Then give the role to users
    who have no other right to these tables: GRANT pilotfish_reader_acme TO alice.
    """
    from pilotfish.infra.provision.row_policies import row_policies

    for statement in row_policies(tenant, Settings().clickhouse_database):
        typer.echo(f"{statement};")


def _prepared(settings: Settings, replication: int, deadline: float) -> list[str]:
    from pilotfish._local.platform import prepare as make

    while True:
        try:
            return make(settings, replication)
        except UnavailableError as error:
            if time.monotonic() >= deadline:
                raise
            console.print(f"waiting: {error}")
            time.sleep(_ASK_AGAIN_S)
