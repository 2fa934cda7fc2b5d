"""`pilotfish advisors`: who is in service, who was, and how to go back."""

import json
from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, console, print_rows
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="List advisors, put one into service, go back to one."
)

Reason = Annotated[str, typer.Option(help="Why; kept with the change.")]

_VERDICTS = """
SELECT version, started_at, attempts, verdict, reason, metrics
FROM trainings FINAL WHERE tenant = {tenant:String} AND version != ''
ORDER BY started_at
"""


@app.command("list")
def list_advisors(as_json: JsonFlag = False) -> None:
    """List every candidate with its verdict, and which one is in service."""
    from pilotfish.streams.clickhouse import ClickHouse
    from pilotfish.streams.promotions import in_service

    settings = Settings()
    now = in_service(settings).get(settings.tenant)
    found = ClickHouse(settings).query(_VERDICTS, {"tenant": settings.tenant})
    columns = ["version", "started_at", "attempts", "verdict", "reason", "in_service"]
    rows = [[*row[:-1], now is not None and now.version == row[0]] for row in found]
    if as_json:
        columns.append("metrics")
        rows = [
            [*row, json.loads(f[-1] or "{}")]
            for row, f in zip(rows, found, strict=True)
        ]
    print_rows(columns, rows, as_json=as_json)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A version from `advisors list`.")],
    reason: Reason = "by hand",
) -> None:
    """Put a version into service, whatever the gate said of it."""
    from pilotfish.streams.promotions import announce, in_service

    settings = Settings()
    now = in_service(settings).get(settings.tenant)
    announce(
        settings,
        AdvisorPromoted(
            tenant=settings.tenant,
            version=version,
            parent=now.version if now else "",
            checksum=_bundle(settings, version).checksum,
            reason=reason,
        ),
    )
    console.print(f"{version} goes into service for {settings.tenant}")


@app.command()
def rollback(reason: Reason = "by hand") -> None:
    """Put the parent of the advisor in service back into service."""
    from pilotfish.streams.promotions import announce, in_service

    settings = Settings()
    now = in_service(settings).get(settings.tenant)
    if now is None:
        raise ConfigurationError(f"no advisor was ever promoted for {settings.tenant}")
    parent = _bundle(settings, now.version).card.parent
    if not parent:
        raise ConfigurationError(f"{now.version} has no parent to go back to")
    announce(
        settings,
        AdvisorRolledBack(
            tenant=settings.tenant,
            version=parent,
            withdrawn=now.version,
            checksum=_bundle(settings, parent).checksum,
            reason=reason,
        ),
    )
    console.print(f"{parent} is in service again for {settings.tenant}")


def _bundle(settings: Settings, version: str) -> Any:
    from pilotfish.advisors.store import ModelStore

    return ModelStore(settings.models).bundle(settings.tenant, version)
