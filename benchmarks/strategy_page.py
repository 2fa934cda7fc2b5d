"""The page of `make bench-strategies`: the goals first, then a table for each part."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tables import table

Results = Mapping[str, Any]


def page(results: Results) -> str:
    """Return everything that was measured so far."""
    head = "# Strategies that nobody named\n\nWritten by `make bench-strategies`.\n"
    measured = [name for name in _PARTS if name in results]
    rows = [row for name in measured for row in _GOALS[name](results[name])]
    goals = table(("what", "measured", "must be", "met"), rows)
    parts = [
        render(results[part]) for part, render in _PARTS.items() if part in results
    ]
    return "\n".join([head, goals, *parts])


def _goal(what: str, measured: str, must: str, *, met: bool) -> Sequence[str]:
    return what, measured, must, "yes" if met else "**no**"


def _none(_part: Results) -> Iterator[Sequence[str]]:
    return iter(())


def _agreement_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, log in part.items():
        what = f"{name}: AMI of strategies and hidden names"
        yield _goal(what, f"{log['ami']:.3f}", "at least 0.75", met=log["ami"] >= 0.75)


def _advice_goals(part: Results) -> Iterator[Sequence[str]]:
    for protocol in ("bandit", "full"):
        lost = -part[protocol]["difference"]
        what = f"{protocol}: success that advice by strategies loses"
        yield _goal(what, f"{lost:+.3f}", "at most 0.02", met=lost <= 0.02)


def _shuffled_goals(part: Results) -> Iterator[Sequence[str]]:
    kept = part["retained_if_shuffled"]
    what = f"outcomes shuffled, {part['shuffles']} seeds: helpful strategies"
    yield _goal(what, str(kept), "at most 1", met=kept <= 1)


def _rule_goals(part: Results) -> Iterator[Sequence[str]]:
    for kind, of_kind in part.items():
        seeds = of_kind["seeds"]
        for name, what in (("right_sign", "right sign"), ("covered", "truth covered")):
            share = of_kind[name] / seeds
            line = f"hidden rule that {kind}, {seeds} seeds: {what}"
            must = 1.0 if name == "right_sign" else 0.9
            yield _goal(line, f"{share:.0%}", f"at least {must:.0%}", met=share >= must)


def _month_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, of_month in part.items():
        cost = of_month["with_finding_ms"]
        what = f"100,000 attempts with {name} beginnings: ms an attempt"
        yield _goal(what, f"{cost:.3f}", "at most 2", met=cost <= 2)


def _portability_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, case in part.items():
        low = case["import"]["ci95"][0]
        what = f"import, {name}: success it adds, lower end of 95 %"
        yield _goal(what, f"{low:+.3f}", "above 0", met=low > 0)
    for name, case in part.items():
        lost = -case["shuffled"]["difference"]
        what = f"import of shuffled outcomes, {name}: success it loses"
        yield _goal(what, f"{lost:+.3f}", "at most 0.01", met=lost <= 0.01)


def _agreement(part: Results) -> str:
    columns = ("log", "attempts", "different beginnings", "approaches", "strategies")
    more = (
        "without one",
        "AMI",
        "k-means, which knows how many",
        "moves, microseconds an attempt",
    )
    rows = [
        (
            name,
            f"{log['attempts']:,}",
            str(log["patterns"]),
            str(log["approaches"]),
            str(log["strategies"]),
            str(log["unassigned"]),
            f"{log['ami']:.3f}",
            f"{min(log['k_means']):.3f} to {max(log['k_means']):.3f}",
            f"{log['moves_us']:.0f}",
        )
        for name, log in part.items()
    ]
    lines = [f"- {name}: {line}" for name, log in part.items() for line in log["lines"]]
    return (
        "## Against the hidden names\n\nk-means (5 starts) sees tf-idf of the same moves."
        f"\n\n{table((*columns, *more), rows)}\nTheir instructions:\n\n"
        + "\n".join(lines)
        + "\n"
    )


def _advice(part: Results) -> str:
    rows = [
        (
            protocol,
            f"{part[protocol]['named']:.3f}",
            f"{part[protocol]['found']:.3f}",
            f"{part[protocol]['difference']:+.3f} {_interval(part[protocol]['ci95'])}",
            " / ".join(f"{share:.3f}" for share in part[protocol]["abstained"]),
        )
        for protocol in ("bandit", "full")
    ]
    single = " and ".join(f"{rate:.3f}" for rate in part["best_single"])
    columns = ("protocol", "named", "found", "difference, 95 %", "abstained")
    return (
        "## Advice on intercode_sql\n\nThe policy is `pilotfish fast`. Of a problem's "
        "attempts that fall into one strategy, the mean outcome is scored, and one drawn "
        f"at random is learned. Best single choice: {single}.\n\n{table(columns, rows)}"
    )


def _shuffled(part: Results) -> str:
    rows = [
        (
            f"`{name}`",
            f"{effect['difference']:+.3f} ({effect['low']:+.3f} to {effect['high']:+.3f})",
            f"{effect['attempts']:,}",
            "yes" if name in part["helpful"] else "no",
        )
        for name, effect in part["effects"].items()
    ]
    return (
        "## Effects on intercode_sql\n\nAgainst all other strategies, adjusted for the "
        f"problem's text. Within the {part['compared']} pairs of strategy and database, "
        f"{part['helpful_by_kind']} are helpful; if outcomes are shuffled, "
        f"{part['retained_if_shuffled']} in all {part['shuffles']} seeds together, and "
        f"{part['retained_if_shuffled_further']} in {part['further']} further ones.\n\n"
        + table(("strategy", "effect, 95 %", "attempts", "helpful"), rows)
    )


def _rule(part: Results) -> str:
    rows = [
        (
            f"checking first {kind}",
            f"{of_kind['truth']:+.3f}",
            f"{of_kind['unadjusted']:+.3f}",
            f"{of_kind['mean']:+.3f}",
            f"{of_kind['right_sign']} of {of_kind['seeds']}",
            f"{of_kind['covered']} of {of_kind['seeds']}",
        )
        for kind, of_kind in part.items()
    ]
    columns = ("kind", "truth", "plain difference", "adjusted", "right sign", "covered")
    return (
        "## An agent with a hidden rule\n\n2,000 attempts, half of each kind; what looks "
        "hard is checked oftener, and part of what is hard cannot be seen.\n\n"
        + table(columns, rows)
    )


def _month(part: Results) -> str:
    rows = [
        (
            name,
            f"{1e3 * of_month['assign_ms']:.2f}",
            f"{of_month['to_look_ups']:.1f}",
            f"{1e3 * of_month['with_finding_ms']:.0f}",
            f"{of_month['slowest_finding_s']:.2f}",
            f"{of_month['patterns']:,}",
            f"{of_month['clustered']:,}",
            f"{of_month['peak_mb']:.1f}",
        )
        for name, of_month in part.items()
    ]
    columns = ("beginnings", "microseconds to assign", "times a bare look-up")
    more = (
        "with finding anew",
        "slowest finding, s",
        "different",
        "clustered",
        "peak MB",
    )
    return (
        "## A month of 100,000 attempts\n\nStrategies are found anew after every two "
        f"thousand attempts; the memory is that of finding.\n\n{table((*columns, *more), rows)}"
    )


def _settings(part: Results) -> str:
    rows = [
        (
            *(_marked(row, part["in_use"], name) for name in part["in_use"]),
            f"{row['made_up']:.3f} ± {row['error']:.3f}",
            *(f"{ami:.3f}" for ami in row["logs"].values()),
        )
        for row in part["settings"]
    ]
    columns = ("pair", "distance", "least attempts", "made-up agents")
    return (
        f"## Settings\n\nMean AMI over {part['made_up_agents']} made-up agents and its "
        "standard error; bold is in use: the best with the least distance, of all within "
        f"one standard error of the best.\n\n{table((*columns, *part['settings'][0]['logs']), rows)}"
    )


def _portability(part: Results) -> str:
    rows = [
        (
            *(case_name, name, f"{case['at_once_without']:+.3f}"),
            f"{case[name]['at_once']:+.3f}",
            f"{case[name]['difference']:+.4f} {_interval(case[name]['ci95'], 4)}",
            _saved(case, case[name]) if name == "import" else "-",
        )
        for case_name, case in part.items()
        for name in ("import", "shuffled", "reversed")
    ]
    first = next(iter(part.values()))
    columns = ("what carries over", "what came in", "first 100 without", "with it")
    more = (f"difference over {first['attempts']:,}, 95 %", "attempts saved, 95 %")
    return (
        "## Imported strategies\n\nOne tenant has 6,000 attempts of a log's problems, or "
        "all there are; the other one has other problems. In `intercode_sql` these are of "
        "other databases, and strategies are the found ones. In `mmlu_pro` strategies are "
        "agents to consult: of four, all is known from other problems; or each of the four "
        "is another model in the place of the one that was known, of the same maker or size "
        "as far as there is one. Success is above that of any approach on the same problem. "
        "Saved are the attempts after which a tenant without the import is as good as one "
        "with it in its first hundred. Beside the import stand what was learned from "
        "shuffled outcomes, and from outcomes turned into their opposite. "
        f"{first['orders']} orders; each draws its own division.\n\n"
        + table((*columns, *more), rows)
    )


def _saved(case: Results, of_import: Results) -> str:
    low, high = (
        f"over {end:,}" if end >= case["attempts"] else f"{end:,}"
        for end in of_import["saved_ci95"]
    )
    return f"{of_import['saved']:,} ({low} to {high})"


def _marked(row: Results, in_use: Results, name: str) -> str:
    mark = "**" if all(row[key] == in_use[key] for key in in_use) else ""
    return f"{mark}{row[name]}{mark}"


def _interval(ends: Sequence[float], digits: int = 3) -> str:
    low, high = (f"{end:+.{digits}f}" for end in ends)
    return f"({low} to {high})"


_GOALS: Mapping[str, Callable[[Results], Iterator[Sequence[str]]]] = {
    "agreement": _agreement_goals,
    "advice": _advice_goals,
    "shuffled": _shuffled_goals,
    "hidden rule": _rule_goals,
    "month": _month_goals,
    "settings": _none,
    "portability": _portability_goals,
}
_PARTS: Mapping[str, Callable[[Results], str]] = {
    "agreement": _agreement,
    "advice": _advice,
    "shuffled": _shuffled,
    "hidden rule": _rule,
    "month": _month,
    "settings": _settings,
    "portability": _portability,
}
