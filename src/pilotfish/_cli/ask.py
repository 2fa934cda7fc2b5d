"""`pilotfish sql` and `pilotfish status`: query the data, show the current state."""

import sys
from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError

Query = Annotated[
    str, typer.Argument(help='The statement, or "-" to read it from standard input.')
]


def sql(query: Query, as_json: JsonFlag = False) -> None:
    """Run a query in ClickHouse.

    For example: pilotfish sql "SELECT * FROM success_by_approach"
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    text = sys.stdin.read() if query == "-" else query
    columns, rows = ClickHouse(Settings()).table(text)
    print_rows(columns, rows, as_json=as_json)


def status(as_json: JsonFlag = False) -> None:
    """Show the current state: rows, labels until the next training, the advisor.

    An attempt that has ended teaches nothing where its problem or approach is not known,
    or nothing told how it went.
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    settings = Settings()
    values = _status(settings, ClickHouse(settings))
    if as_json:
        print_json(values)
    else:
        print_rows(["what", "value"], list(values.items()), as_json=False)


def _status(settings: Settings, clickhouse: Any) -> dict[str, Any]:
    from pilotfish.runtime.progress import progress
    from pilotfish.trainers.training_packages import trainings_off

    tenant = {"tenant": settings.tenant}
    (counts,) = clickhouse.query(
        """SELECT (SELECT count() FROM events WHERE tenant = {tenant:String}),
                  (SELECT count() FROM attempts_current WHERE tenant = {tenant:String}),
                  (SELECT countIf(p_success IS NOT NULL) FROM attempts_current
                   WHERE tenant = {tenant:String}),
                  (SELECT countIf(version > 0 AND (p_success IS NULL OR problem = ''
                      OR approach = '')) FROM attempts_current
                   WHERE tenant = {tenant:String}),
                  (SELECT count() FROM hints WHERE tenant = {tenant:String}),
                  (SELECT count() FROM dead_letters FINAL)""",
        tenant,
    )
    names = ("events", "attempts", "labelled", "teach_nothing", "hints", "dead_letters")
    new = progress(clickhouse, settings.tenant).new_labels
    return {
        "tenant": settings.tenant,
        **dict(zip(names, counts, strict=True)),
        "advisor": _advisor(settings),
        "new_labels": new,
        "next_training_at": settings.train_at,
        "trainings": trainings_off() or "on",
    }


def _advisor(settings: Settings) -> str:
    """Return the version in service: the one promoted last, or else the base."""
    from pilotfish.advisors.store import ModelStore
    from pilotfish.runtime.promotions import in_service

    try:
        current = in_service(settings).get(settings.tenant)
        if current is not None:
            return current.version
        return ModelStore(settings.models).base().card.version
    except PilotfishError as error:
        return f"unknown: {error}"
