"""Writes the measured parts of README.md and docs/: python benchmarks/readme.py [--ask [WORD]].

A document marks a block with `<!-- name:begin -->` and `<!-- name:end -->`; `tables`
renders it from the results in this folder, and the block `sql` comes from answers.json.
With --ask, the questions of examples/questions.sql are first put to the platform that
runs; with a word, only those that have it. Those about strategies need another demo than
the rest: `pilotfish demo` names its approaches, `pilotfish demo --unnamed` does not.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import tables

HERE = Path(__file__).parent
ROOT = HERE.parent
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "docs" / "measurements.md",
    ROOT / "docs" / "sql.md",
)
QUESTIONS = ROOT / "examples" / "questions.sql"
ANSWERS = HERE / "answers.json"


def main() -> None:
    """Render every block and put it between its marks."""
    if sys.argv[1:2] == ["--ask"]:
        replies = json.loads(ANSWERS.read_text()) | ask(*sys.argv[2:])
        ANSWERS.write_text(json.dumps(replies, indent=1) + "\n")
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text()))


def filled(text: str) -> str:
    """Return a document's text with every measured block as it is now."""
    for name, render in {**tables.BLOCKS, "sql": answers}.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        pattern = re.compile(f"(?<={begin}).*?(?={end})", re.DOTALL)
        if pattern.search(text):
            block = render()
            text = pattern.sub(lambda _, block=block: block, text)
    return text


def questions() -> dict[str, str]:
    """Return question -> SQL."""
    parts = re.split(r"^-- ", QUESTIONS.read_text(), flags=re.MULTILINE)[1:]
    split = (part.partition("\n") for part in parts)
    return {question: sql.strip().rstrip(";") for question, _, sql in split}


def ask(word: str = "") -> dict[str, Any]:
    """Put the questions with this word to the ClickHouse of the settings."""
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.settings import Settings

    clickhouse = ClickHouse(Settings())
    asked = {name: sql for name, sql in questions().items() if word in name}
    replies = {name: clickhouse.table(sql) for name, sql in asked.items()}
    return dict(json.loads(json.dumps(replies, default=str)))


def answers() -> str:
    """Return each question with its SQL and its answer."""
    replies = json.loads(ANSWERS.read_text())
    return "\n".join(
        f"**{question}**\n\n```sql\n{sql}\n```\n\n```\n{_aligned(*replies[question])}\n```\n"
        for question, sql in questions().items()
    )


def _aligned(columns: list[str], rows: list[list[Any]]) -> str:
    lines = [columns, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


if __name__ == "__main__":
    main()
