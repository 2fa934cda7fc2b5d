"""`pilotfish strategies export`: what is known, for another place or for any agent."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pilotfish._cli.strategy_changes import Tenant
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError


class Form(StrEnum):
    """What an export is written as."""

    archive = "archive"
    skill = "skill"
    agents_md = "agents-md"


def export(
    file: Annotated[
        Path, typer.Argument(help="The archive; a folder of skills; an AGENTS.md.")
    ],
    form: Annotated[
        Form, typer.Option("--as", help="What to write; by default an archive.")
    ] = Form.archive,
    tenant: Tenant = "",
) -> None:
    """Write down what is known: for another pilotfish, or for any agent that reads files.

    An archive is a zip of JSON and a page for people: kinds of problems (their words, and
    their mean as the encoder sees it), strategies, and counts by model. It has no text of a
    problem. `--as skill` writes a folder with a SKILL.md for each kind of problems, `--as
    agents-md` a section between two marks in an AGENTS.md, whose other text stays. Written
    again without new attempts, these are the same to the byte: read the difference before
    you commit them, because agents will follow them.
    """
    from pilotfish._cli import strategy_file, strategy_pages
    from pilotfish._cli.strategy_archive import archive
    from pilotfish.runtime.clickhouse import ClickHouse

    settings = Settings()
    known = archive(ClickHouse(settings), tenant or settings.tenant, utc_now())
    if not known.strategies:
        raise ConfigurationError(f"tenant {known.tenant} has no strategies to export")
    section = strategy_pages.section(known)
    if form is Form.skill:
        for name, text in strategy_pages.skills(known).items():
            _write(file / name / "SKILL.md", text)
    elif form is Form.agents_md:
        _write(file, strategy_pages.with_section(_text(file), section))
    else:
        strategy_file.write(file, known, section)
    console.print(
        f"{len(known.strategies)} strategies, {len(known.kinds)} kinds of problems, "
        f"{sum(count.attempts for count in known.counts)} attempts: {file}"
    )


def _text(path: Path) -> str:
    """Return a document as it is, its ends of lines too; nothing if it is not there."""
    try:
        return path.read_bytes().decode() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
