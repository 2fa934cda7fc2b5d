"""`pilotfish up`: the whole platform in one terminal.

For servers of your own: `prepare`, `grant` and `policies`.
"""

import threading
import time
from contextlib import suppress
from typing import Annotated, Final

import typer
from rich.text import Text

from pilotfish.infra.provision.roles import Role
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError

_RETRY_S: Final = 1.0
_INTERRUPTED: Final = 130
"""What shells report of a command that Ctrl-C ended."""


def up() -> None:
    """Start Kafka, ClickHouse and all services on this machine; Ctrl-C stops them.

    Nothing else needs to be installed. Data and logs stay in PILOTFISH_HOME; a service
    that dies is restarted. If PILOTFISH_METRICS_PORT is set, each service serves metrics
    and health: on that port, and on the next ones. If OTEL_EXPORTER_OTLP_LOGS_ENDPOINT
    is set, labels of attempts that came as traces are sent there.
    """
    from pilotfish._local.home_lock import HomeLock
    from pilotfish._local.platform import running_platform
    from pilotfish.infra.embedded.interrupts import raise_at_first_interrupt

    settings = Settings()
    raise_at_first_interrupt()
    try:
        with (
            HomeLock(settings.home) as lock,
            running_platform(settings, lock, console.print),
        ):
            with suppress(KeyboardInterrupt):
                _say_where(settings)
                threading.Event().wait()
            console.print("stopping")
    except KeyboardInterrupt:
        console.print("stopped before it was up")
        raise typer.Exit(_INTERRUPTED) from None


def _say_where(settings: Settings) -> None:
    from pilotfish._local.platform import metrics_ports
    from pilotfish.web.tenants import address

    console.print(
        Text.assemble(
            ("pilotfish is up", "bold"),
            f": Kafka at {settings.kafka}, ClickHouse at {settings.clickhouse}, "
            f"HTTP and pages at {address(settings)}, logs in {settings.home / 'logs'}\nCtrl-C stops it.",
        )
    )
    for name, port in metrics_ports(settings).items():
        console.print(f"metrics of {name}: {settings.metrics_host}:{port}")


def prepare(
    replication: Annotated[
        int, typer.Option(min=1, help="Copies of each topic; 3 on a cluster of three.")
    ] = 1,
    within: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for servers that are starting."),
    ] = 120.0,
) -> None:
    """Create the topics and tables that are missing, before the services start.

    For servers of your own: `pilotfish up` does this itself. Existing topics and tables
    are left unchanged, so the command may run before every start.
    """
    applied = _prepared(Settings(), replication, time.monotonic() + within)
    console.print(
        f"topics exist; DDL applied: {', '.join(applied) or 'none, all were applied'}"
    )


def grant(
    role: Annotated[
        Role,
        typer.Argument(
            help="agent: publishes events and requests for advice, and reads replies. "
            "service: uses all topics and consumer groups of pilotfish. analyst: reads all "
            "topics, in groups whose names begin with analyst-."
        ),
    ],
    user: Annotated[str, typer.Argument(help="The Kafka user, without `User:`.")],
) -> None:
    """Give a Kafka user the ACLs that a role needs; for a Kafka with an authorizer.

    Connects with PILOTFISH_KAFKA_*, as a user who may alter ACLs. Roles are not tenants:
    every agent may publish for any tenant.
    """
    from pilotfish.infra.provision.acl import grant as allow
    from pilotfish.runtime.kafka import client_config, topics

    settings = Settings()
    topics(settings)
    allow(client_config(settings), role, user)
    console.print(f"{user} now has the rights of the role {role}")


def policies(
    tenant: Annotated[str, typer.Argument(help="The tenant whose rows may be read.")],
) -> None:
    """Print the DDL of a ClickHouse role that may only read the rows of one tenant.

    For a ClickHouse of your own. Run the DDL as a user who may manage access, again after
    each upgrade: pilotfish policies acme | clickhouse-client. Then grant the role to users
    without other rights to these tables: GRANT pilotfish_reader_acme TO alice.
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
            time.sleep(_RETRY_S)
