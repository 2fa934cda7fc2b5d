"""The formats of records that can be imported, and which format a file is in.

Files of traces are read in `traces/otlp_file.py`: this room does not know them.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from pilotfish.schemas.attempt_log.opening import beginning
from pilotfish.schemas.attempt_log.reader import read_records
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.imports import (
    agentbank,
    atif,
    claude_code,
    codex,
    langsmith,
    openai_chat,
    swe_agent,
    tau2_bench,
    tau_bench,
    toucan,
)
from pilotfish.schemas.imports.format import Format, Sample

RECORDED: Final = (
    claude_code.FORMAT,
    codex.FORMAT,
    langsmith.FORMAT,
    atif.FORMAT,
    tau_bench.FORMAT,
    tau2_bench.FORMAT,
    swe_agent.FORMAT,
    toucan.FORMAT,
    agentbank.FORMAT,
    openai_chat.FORMAT,
)
"""In the order in which they are tried: the most particular first."""

_SAMPLE_RECORDS: Final = 50
_SHOWN_FIELDS: Final = 12


def format_of(path: Path, formats: Sequence[Format]) -> Format | None:
    """Return the format of a file, by how it begins; None if it is in none of these.

    Raises:
        ConfigurationError: it cannot be read.
    """
    sample = _sample(path)
    return next((known for known in formats if known.is_this(sample)), None)


def unknown_format(path: Path, formats: Sequence[Format]) -> ConfigurationError:
    """Return the error for a file that is in none of these formats, with what is in it."""
    names = ", ".join(known.name for known in formats)
    return ConfigurationError(
        f"{path}: no known format: {_seen(_sample(path))}. Known are {names}. If it is "
        "one of them all the same, name it with --format"
    )


def named(name: str, formats: Sequence[Format]) -> Format:
    """Return the format of a name.

    Raises:
        ConfigurationError: there is none.
    """
    for known in formats:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in formats)
    raise ConfigurationError(
        f"--format {name}: no such format; known are auto, {names}"
    )


def _sample(path: Path) -> Sample:
    head = beginning(path)
    try:
        records = islice(read_records(path), _SAMPLE_RECORDS)
        return Sample(head, [r.value for r in records if not r.reason])
    except ConfigurationError:
        if head.isascii():
            raise
        return Sample(head, [])


def _seen(sample: Sample) -> str:
    if not sample.records:
        return "there is no JSON object in it" if sample.head else "it is empty"
    first = sample.records[0]
    fields = sorted(map(str, first)) if isinstance(first, dict) else []
    if {"problem", "approach", "success"} <= set(fields):
        return "it is a log of pilotfish's own: `pilotfish replay` plays it"
    shown = ", ".join(fields[:_SHOWN_FIELDS]) or "nothing"
    more = len(fields) - _SHOWN_FIELDS
    return f"its first record has the fields {shown}" + (
        f" and {more} more" if more > 0 else ""
    )
