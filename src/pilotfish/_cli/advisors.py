"""`pilotfish advisors`: who is in service, who was, and how to go back."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import ConfigurationError

app = typer.Typer(
    no_args_is_help=True, help="List advisors, put one into service, go back to one."
)

Reason = Annotated[str, typer.Option(help="Why; kept with the change.")]

_VERDICTS = """
SELECT version, started_at, attempts, verdict, reason, metrics
FROM trainings FINAL WHERE tenant = {tenant:String} AND verdict != ''
ORDER BY started_at
"""


@app.command("list")
def list_advisors(as_json: JsonFlag = False) -> None:
    """List every verdict with its reason, and who is in service and why."""
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.promotions import in_service

    settings = Settings()
    now = in_service(settings).get(settings.tenant)
    found = ClickHouse(settings).query(_VERDICTS, {"tenant": settings.tenant})
    serving = now.version if now else ""
    rows = [_row(one, serving) for one in found]
    if as_json:
        print_json(rows)
        return
    shown = [_compared(row) for row in rows]
    print_rows(
        list(shown[0]) if shown else [],
        [list(one.values()) for one in shown],
        as_json=False,
    )
    if now is not None:
        console.print(f"{now.version} is in service since {now.at:%F %T}: {now.reason}")


def _row(found: Sequence[Any], serving: str) -> dict[str, Any]:
    names = ("version", "started_at", "attempts", "verdict", "reason")
    row: dict[str, Any] = dict(zip(names, found, strict=False))
    row["in_service"] = bool(row["version"]) and row["version"] == serving
    return row | {"metrics": json.loads(found[-1] or "{}")}


def _compared(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for people: the candidate's numbers against the incumbent's."""
    shown, metrics = dict(row), row["metrics"]
    del shown["metrics"]
    for name in ("accuracy", "log_loss"):
        sides = [metrics.get(side, {}).get(name) for side in ("candidate", "incumbent")]
        known = None not in sides
        shown[name] = "{:.3f} against {:.3f}".format(*sides) if known else ""
    return shown


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A version from `advisors list`.")],
    reason: Reason = "by hand",
) -> None:
    """Put a version into service, whatever the gate said of it."""
    from pilotfish.runtime.promotions import announce, in_service

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
    from pilotfish.advisors.rollback import back_to_parent
    from pilotfish.runtime.promotions import announce, in_service

    settings = Settings()
    now = in_service(settings).get(settings.tenant)
    if now is None:
        raise ConfigurationError(f"no advisor was ever promoted for {settings.tenant}")
    message = back_to_parent(settings, now, reason)
    if message is None:
        raise ConfigurationError(f"{now.version} has no parent to go back to")
    announce(settings, message)
    console.print(f"{message.version} is in service again for {settings.tenant}")


def _bundle(settings: Settings, version: str) -> Any:
    from pilotfish.advisors.store import ModelStore

    return ModelStore(settings.models).bundle(settings.tenant, version)
