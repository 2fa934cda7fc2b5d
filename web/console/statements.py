"""The SQL of a page: one file, whose statements have names."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "sql"
_NAME: Final = re.compile(r"^-- name: (\w+)$\n", re.MULTILINE)


@cache
def text(page: str) -> str:
    """Return the whole file of a page, as people are shown it."""
    return (_FOLDER / f"{page}.sql").read_text()


@cache
def statements(page: str) -> Mapping[str, str]:
    """Return a page's statements by name, in the order of the file."""
    _, *parts = _NAME.split(text(page))
    return {
        name: sql.strip().rstrip(";")
        for name, sql in zip(parts[::2], parts[1::2], strict=True)
    }
