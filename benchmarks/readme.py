"""Writes the measured parts of README.md: python benchmarks/readme.py [--ask].

They are rendered from benchmarks/demo-SEED.json (`pilotfish demo --seed SEED --json`),
benchmarks/answers.json, benchmarks/faults.json (`make faults`, row by row),
benchmarks/results.json (`make bench`), benchmarks/filters.md (`make bench-filters`) and
benchmarks/memory_search.json (`make bench-memory`).
With --ask, the questions of examples/questions.sql are first put to the platform that
runs.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
QUESTIONS = HERE.parent / "examples" / "questions.sql"
ANSWERS = HERE / "answers.json"
FOUND = ("missing", "doubled", "wrong", "unanswered")
_NOTHING = "(not measured yet)"


def main() -> None:
    """Render every block and put it between its marks."""
    if "--ask" in sys.argv[1:]:
        ANSWERS.write_text(json.dumps(ask(), indent=1) + "\n")
    README.write_text(filled(README.read_text()))


def filled(text: str) -> str:
    """Return the README's text with every measured block as it is now."""
    blocks = {
        "demo": demos,
        "sql": answers,
        "faults": faults,
        "bench": bench,
        "memory": memory,
        "filters": filters,
    }
    for name, render in blocks.items():
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        block = render()
        text = re.sub(
            pattern,
            lambda marks, b=block: f"{marks[1]}{b}{marks[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


def filters() -> str:
    """Return the table that benchmarks/filters.py wrote."""
    path = HERE / "filters.md"
    return path.read_text() if path.exists() else f"{_NOTHING}\n"


def demos() -> str:
    """Return the table of the demo, a line a seed."""
    lines = [
        "| seed | unadvised | advised | relative lift (95 %) | new families "
        "| held-out accuracy (base rate) | trainings | wall s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    files = sorted(HERE.glob("demo-*.json"))
    lines += [_demo(json.loads(file.read_text())) for file in files]
    return "\n".join(lines) + "\n"


def _demo(run: dict[str, Any]) -> str:
    low, high = run["relative_lift_ci95"]
    novel, trainings = run["novel_family_lift"], run["trainings"]
    verdicts = [
        "running" if t["verdict"] == "started" else t["verdict"] for t in trainings
    ]
    cells = (
        f"{run['seed']}",
        f"{run['unadvised_success']:.1%}",
        f"{run['advised_success_last_third']:.1%}",
        f"{run['relative_lift']:+.0%} ({low:+.0%} to {high:+.0%})",
        "-" if novel is None else f"{novel:+.0%}",
        f"{run['heldout_accuracy']:.1%} ({run['heldout_base_rate']:.1%})",
        ", ".join(verdicts),
        f"{run['wall_s']:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def questions() -> dict[str, str]:
    """Return question -> SQL."""
    parts = re.split(r"^-- ", QUESTIONS.read_text(), flags=re.MULTILINE)[1:]
    split = (part.partition("\n") for part in parts)
    return {question: sql.strip().rstrip(";") for question, _, sql in split}


def ask() -> dict[str, Any]:
    """Put the questions to the ClickHouse of the settings."""
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.settings import Settings

    clickhouse = ClickHouse(Settings())
    found = {question: clickhouse.table(sql) for question, sql in questions().items()}
    return dict(json.loads(json.dumps(found, default=str)))


def answers() -> str:
    """Return each question with its SQL and its answer."""
    found = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    blocks = []
    for question, sql in questions().items():
        table = _aligned(*found[question]) if question in found else _NOTHING
        blocks.append(f"**{question}**\n\n```sql\n{sql}\n```\n\n```\n{table}\n```\n")
    return "\n".join(blocks)


def _aligned(columns: list[str], rows: list[list[Any]]) -> str:
    table = [columns, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        for row in table
    )
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def faults() -> str:
    """Return the table of `make faults`, a line a fault."""
    columns = ("fault", "rounds", "events", *FOUND, "recovery", "slowest call")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for one in json.loads((HERE / "faults.json").read_text()):
        found = (str(one["found"][name]) for name in FOUND)
        times = f"{one['recovery_s']:.1f} s", f"{1e3 * one['slowest_s']:.0f} ms"
        cells = (one["fault"], str(one["rounds"]), f"{one['events']:,}", *found, *times)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def bench() -> str:
    """Return the table of the benchmarks."""
    path = HERE / "results.md"
    if not path.exists():
        return f"{_NOTHING}\n"
    return path.read_text().split("\n", 2)[2]


def memory() -> str:
    """Return the table of the memory's search, a line for each state and tenant."""
    found = json.loads((HERE / "memory_search.json").read_text())
    columns = (
        "a million attempts",
        "tenant has",
        "p50 ms",
        "p95 ms",
        "encoding, p50 ms",
        "one by one, p50 ms",
        "recall at 10",
    )
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for state in ("as_inserted", "merged"):
        parts = found[state]["parts"]
        in_parts = "in one part" if parts == 1 else f"in {parts} parts"
        for tenant, share in (("main", "90%"), ("other", "10%")):
            one = found[state][tenant]
            times = (
                one["search_ms"]["p50"],
                one["search_ms"]["p95"],
                one["of_it_encoding_ms"]["p50"],
                one["exact_ms"]["p50"],
            )
            cells = (in_parts, share, *(f"{ms:.0f}" for ms in times))
            lines.append(f"| {' | '.join(cells)} | {one['recall_at_10']:.3f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
