"""The page of `make bench-strategies`: the goals first, then a table for each part."""

from collections.abc import Callable, Mapping

import strategy_effects
import strategy_following
import strategy_next
import strategy_portability
import strategy_settings
from strategy_goals import Results, goals
from tables import ends_of, table


def page(results: Results) -> str:
    """Return everything that was measured so far."""
    head = "# Strategies that nobody named\n\nWritten by `make bench-strategies`.\n"
    met = table(("what", "measured", "must be", "met"), list(goals(results)))
    parts = [
        render(results[part]) for part, render in _PARTS.items() if part in results
    ]
    return "\n".join([head, met, *parts])


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
            f"{part[protocol]['difference']:+.3f} {ends_of(part[protocol]['ci95'])}",
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
        "hard is checked more often, and part of what is hard cannot be seen.\n\n"
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


_PARTS: Mapping[str, Callable[[Results], str]] = {
    "agreement": _agreement,
    "advice": _advice,
    "following": strategy_following.page,
    "middle": strategy_next.page,
    "shuffled": strategy_effects.page,
    "hidden rule": _rule,
    "month": _month,
    "settings": strategy_settings.page,
    "portability": strategy_portability.page,
}
