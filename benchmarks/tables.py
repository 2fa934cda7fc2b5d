"""The measured tables of the documents, each from the results that its command left here.

One function a block: `demo` from demo-SEED.json (`pilotfish demo --seed SEED --json`),
`unnamed` from unnamed-SEED.json (the same with `--unnamed`),
`faults` from faults.json (`make faults`), `bench` from results.md (`make bench`),
`memory` from memory_search.json (`make bench-memory`), `filters` from filters.md
(`make bench-filters`), `groups` from groups.json, `strategies` from strategies.md (`make
bench-strategies`), and `summary` from several of them.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).parent
FINDINGS: Final = ("missing", "doubled", "wrong", "unanswered")
"""What the fault table counts."""


def demo() -> str:
    """Return the table of the demo, a line for each seed."""
    columns = (
        "seed",
        "unadvised",
        "advised",
        "relative lift (95 %)",
        "new families",
        "held-out accuracy (base rate)",
        "trainings",
        "wall s",
    )
    return table(columns, (_demo_cells(run) for run in _demo_runs()))


def _demo_runs(name: str = "demo") -> list[dict[str, Any]]:
    files = sorted(HERE.glob(f"{name}-*.json"))
    return [json.loads(file.read_text()) for file in files]


def _demo_cells(run: Mapping[str, Any]) -> Sequence[str]:
    low, high = run["relative_lift_ci95"]
    novel = run["novel_family_lift"]
    verdicts = [
        "running" if training["verdict"] == "started" else training["verdict"]
        for training in run["trainings"]
    ]
    accuracy, base = run["heldout_accuracy"], run["heldout_base_rate"]
    return (
        f"{run['seed']}",
        f"{run['unadvised_success']:.1%}",
        f"{run['advised_success_last_third']:.1%}",
        f"{run['relative_lift']:+.0%} ({low:+.0%} to {high:+.0%})",
        "-" if novel is None else f"{novel:+.0%}",
        "-" if accuracy is None else f"{accuracy:.1%} ({base:.1%})",
        ", ".join(verdicts),
        f"{run['wall_s']:.0f}",
    )


def unnamed() -> str:
    """Return the table of the demo whose agent names no approach, a line for each seed."""
    columns = (
        "seed",
        "unadvised",
        "advised",
        "relative lift (95 %)",
        "strategies",
        "solvers found",
        "adjusted mutual information",
        "followed",
        "wall s",
    )
    return table(columns, (_unnamed_cells(run) for run in _demo_runs("unnamed")))


def _unnamed_cells(run: Mapping[str, Any]) -> Sequence[str]:
    seed, unadvised, advised, lift, *_, wall_s = _demo_cells(run)
    advised_n, followed = (
        sum(strategy[column] for strategy in run["strategies"])
        for column in ("advised", "followed")
    )
    return (
        *(seed, unadvised, advised, lift),
        f"{len(run['strategies'])}",
        f"{len(run['solvers_found'])} of 8",
        f"{run['strategies_ami']:.2f}",
        f"{followed / advised_n:.1%} of {advised_n}",
        wall_s,
    )


def faults() -> str:
    """Return the table of `make faults`, a line for each fault."""
    columns = ("fault", "rounds", "events", *FINDINGS, "recovery", "slowest call")
    return table(columns, (_fault_cells(fault) for fault in _results("faults")))


def _fault_cells(fault: Mapping[str, Any]) -> Sequence[str]:
    return (
        fault["fault"],
        str(fault["rounds"]),
        f"{fault['events']:,}",
        *(str(fault["found"][name]) for name in FINDINGS),
        f"{fault['recovery_s']:.1f} s",
        f"{1e3 * fault['slowest_s']:.0f} ms",
    )


def bench() -> str:
    """Return the table of the benchmarks, without its title."""
    return (HERE / "results.md").read_text().split("\n", 2)[2]


def filters() -> str:
    """Return the table that benchmarks/filters.py wrote."""
    return (HERE / "filters.md").read_text()


def memory() -> str:
    """Return the table of the memory's search, a line for each state and tenant."""
    columns = (
        "a million attempts",
        "tenant has",
        "p50 ms",
        "p95 ms",
        "encoding, p50 ms",
        "one by one, p50 ms",
        "recall at 10",
    )
    measured = _results("memory_search")
    rows = [
        _memory_cells(measured[state], tenant, share)
        for state in ("as_inserted", "merged")
        for tenant, share in (("main", "90%"), ("other", "10%"))
    ]
    return table(columns, rows)


def _memory_cells(state: Mapping[str, Any], tenant: str, share: str) -> Sequence[str]:
    parts, search = state["parts"], state[tenant]
    times_ms = (
        search["search_ms"]["p50"],
        search["search_ms"]["p95"],
        search["of_it_encoding_ms"]["p50"],
        search["exact_ms"]["p50"],
    )
    return (
        "in one part" if parts == 1 else f"in {parts} parts",
        share,
        *(f"{ms:.0f}" for ms in times_ms),
        f"{search['recall_at_10']:.3f}",
    )


def groups() -> str:
    """Return how well groups agree with types that somebody knew."""
    columns = ("log", "problems", "types", "groups", "adjusted mutual information")
    rows = (
        (
            log,
            f"{n['problems']:,}",
            str(n["types"]),
            str(n["groups"]),
            f"{n['ami']:.3f}",
        )
        for log, n in _results("groups").items()
    )
    return table(columns, rows)


def strategies() -> str:
    """Return the goals of the strategies, which strategies.md begins with."""
    return (HERE / "strategies.md").read_text().split("\n\n")[2] + "\n"


def summary() -> str:
    """Return the best and the worst of the tables in three lines."""
    return "".join(
        f"- **{name}** {line}.\n"
        for name, line in (
            ("Demo", _demo_in_short()),
            ("Faults", _faults_in_short()),
            ("Speed", _bench_in_short()),
        )
    )


def _demo_in_short() -> str:
    runs = _demo_runs()
    unadvised = _range(runs, "unadvised_success")
    advised = _range(runs, "advised_success_last_third")
    return (
        f"({len(runs)} seeds): {unadvised} of problems solved without advice, "
        f"{advised} with it"
    )


def _faults_in_short() -> str:
    rows = _results("faults")
    rounds = sum(row["rounds"] for row in rows)
    counts = {name: sum(row["found"][name] for row in rows) for name in FINDINGS}
    findings = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"({len(rows)} kinds, {rounds} rounds): {findings}"


def _bench_in_short() -> str:
    rows = [
        line.strip("| ").split(" | ")
        for line in bench().split("|---")[-1].split("\n")[1:]
        if line
    ]
    measured = {name: value for name, value, *_ in rows}
    missed = [f"{name}: {value}" for name, value, _, met in rows if met != "yes"]
    return (
        f"(two cores): {measured['ingest, events/s']} events/s archived, a hint in "
        f"{measured['hint at 20/s, p50 ms']} ms. Of {len(rows)} goals, {len(missed)} "
        f"are missed ({'; '.join(missed) or 'none'})"
    )


def _range(runs: Iterable[Mapping[str, Any]], name: str) -> str:
    values = [run[name] for run in runs]
    return f"{min(values):.0%} to {max(values):.0%}"


def ends_of(interval: Sequence[float]) -> str:
    """Return an interval of a difference as a cell has it."""
    return f"({interval[0]:+.3f} to {interval[1]:+.3f})"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    head, rule, *body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, rule.replace(" ", ""), *body]) + "\n"


def _results(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


BLOCKS: Final[Mapping[str, Callable[[], str]]] = {
    "summary": summary,
    "demo": demo,
    "unnamed": unnamed,
    "faults": faults,
    "bench": bench,
    "memory": memory,
    "filters": filters,
    "groups": groups,
    "strategies": strategies,
}
"""Name of a block between marks in a document -> what it says."""
