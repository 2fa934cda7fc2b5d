"""`pilotfish forget`: deletes all data of an attempt or a tenant."""

from typing import TYPE_CHECKING, Annotated

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console, waiting
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.topics import TOPICS, Topic

if TYPE_CHECKING:
    from pilotfish.consumers.forget.erasing import Subject


def forget(
    attempt: Annotated[
        str, typer.Option(help="The id of one attempt of the tenant.")
    ] = "",
    tenant: Annotated[
        str,
        typer.Option(
            help="The tenant of the attempt, by default PILOTFISH_TENANT. Without "
            "--attempt, all data of this tenant is deleted."
        ),
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before a whole tenant is deleted.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete an attempt, or a whole tenant, from all tables, permanently.

    For example: pilotfish forget --attempt 0199b2c4-7e1a-7c55-9a3a-7c0b8f1f6d21

    The stream processors remove the attempt from the windows and let the advisor un-learn
    it; then its events, labels, memory, hints and dead letters are deleted, and no training
    reads it any more. Only ids are kept, so that late events are dropped. For this reason
    the name of a forgotten tenant cannot be used again: choose another one.

    The services must be running. If the command is interrupted, run it again to finish. It
    reports what was deleted, and what it cannot reach.
    """
    from pilotfish.consumers.forget.erasing import Subject
    from pilotfish.consumers.forget.forgetting import forget as forget_it

    settings = Settings()
    if not (attempt or tenant):
        raise ConfigurationError("name what to forget: --attempt ID or --tenant NAME")
    subject = Subject(tenant or settings.tenant, attempt)
    if not attempt and not yes:
        _confirm(subject, as_json=as_json)
    with waiting(f"looking for {subject}") as now:
        deleted = forget_it(settings, subject, now)
    remains = _remains(settings, subject)
    if as_json:
        print_json({**subject._asdict(), "deleted": deleted, "remains": remains})
        return
    console.print(f"{subject} is forgotten", highlight=False)
    print_rows(("table", "rows deleted"), list(deleted.items()), as_json=False)
    console.print("\nData that this command cannot reach, and how long it is kept:")
    print_rows(("where", "what, for how long"), list(remains.items()), as_json=False)


def _confirm(subject: "Subject", *, as_json: bool) -> None:
    if as_json:
        raise ConfigurationError(
            f"add --yes to forget {subject}: with --json no question is asked"
        )
    typer.confirm(
        f"Delete all data of {subject} permanently? Its name cannot be used again.",
        abort=True,
    )


def _remains(settings: Settings, subject: "Subject") -> dict[str, str]:
    """Return where data of the subject may remain, and for how long."""
    topics = [topic for topic in TOPICS if topic.keep != "compacted"]
    folder = settings.models / subject.tenant
    until = "until the next training" if subject.attempt_id else "until you delete it"
    return {
        **{topic.name: _kept(topic) for topic in topics},
        str(folder): f"what was learned before: weights, word statistics, ids; {until}",
        "files of tables": "until ClickHouse has rewritten them: see system.mutations",
        "logs of services": "ids of unreadable records",
        "backups and agents": "your own copies; late events of agents are dropped",
    }


def _kept(topic: Topic) -> str:
    assert topic.keep != "compacted"
    return f"messages, {topic.keep.days} days from when each was published"
