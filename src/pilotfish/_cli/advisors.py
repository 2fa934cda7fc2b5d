"""`pilotfish advisors`: lists, promotes and rolls back advisors."""

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
    no_args_is_help=True,
    help="List advisors, promote one, or roll back to the previous one.",
)

Reason = Annotated[str, typer.Option(help="The reason, stored with the change.")]

_VERDICTS = """
SELECT version, started_at, attempts, verdict, reason, metrics
FROM trainings FINAL WHERE tenant = {tenant:String} AND verdict != ''
ORDER BY started_at
"""


@app.command("list")
def list_advisors(as_json: JsonFlag = False) -> None:
    """List all trained candidates with their verdicts, and the advisor in service."""
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.promotions import in_service

    settings = Settings()
    current = in_service(settings).get(settings.tenant)
    trainings = ClickHouse(settings).query(_VERDICTS, {"tenant": settings.tenant})
    serving = current.version if current else ""
    rows = [_row(training, serving) for training in trainings]
    if as_json:
        print_json(rows)
        return
    table = [_compared(row) for row in rows]
    print_rows(
        list(table[0]) if table else [],
        [list(row.values()) for row in table],
        as_json=False,
    )
    if current is not None:
        console.print(
            f"{current.version} is in service since {current.at:%F %T}: "
            f"{current.reason}"
        )


def _row(training: Sequence[Any], serving: str) -> dict[str, Any]:
    names = ("version", "started_at", "attempts", "verdict", "reason")
    row: dict[str, Any] = dict(zip(names, training, strict=False))
    row["in_service"] = bool(row["version"]) and row["version"] == serving
    return row | {"metrics": json.loads(training[-1] or "{}")}


def _compared(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for the table: the candidate's numbers against the incumbent's."""
    compared, metrics = dict(row), row["metrics"]
    del compared["metrics"]
    for name in ("accuracy", "log_loss"):
        sides = [metrics.get(side, {}).get(name) for side in ("candidate", "incumbent")]
        measured = None not in sides
        compared[name] = "{:.3f} against {:.3f}".format(*sides) if measured else ""
    return compared


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A version from `advisors list`.")],
    reason: Reason = "by hand",
) -> None:
    """Put a version into service, whatever the verdict of its training."""
    from pilotfish.runtime.promotions import announce, in_service

    settings = Settings()
    current = in_service(settings).get(settings.tenant)
    announce(
        settings,
        AdvisorPromoted(
            tenant=settings.tenant,
            version=version,
            parent=current.version if current else "",
            checksum=_bundle(settings, version).checksum,
            reason=reason,
        ),
    )
    console.print(f"{version} goes into service for {settings.tenant}")


@app.command()
def rollback(reason: Reason = "by hand") -> None:
    """Put the parent of the current advisor back into service."""
    from pilotfish.advisors.rollback import back_to_parent
    from pilotfish.runtime.promotions import announce, in_service

    settings = Settings()
    current = in_service(settings).get(settings.tenant)
    if current is None:
        raise ConfigurationError(
            f"no advisor was ever promoted for {settings.tenant}: there is nothing to "
            "roll back"
        )
    message = back_to_parent(settings, current, reason)
    if message is None:
        raise ConfigurationError(
            f"{current.version} has no parent: promote another version instead"
        )
    announce(settings, message)
    console.print(f"{message.version} is in service again for {settings.tenant}")


def _bundle(settings: Settings, version: str) -> Any:
    from pilotfish.advisors.store import ModelStore

    return ModelStore(settings.models).bundle(settings.tenant, version)
