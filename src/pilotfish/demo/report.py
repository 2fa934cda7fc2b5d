"""What the demo found: a table, a picture, a JSON file."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from rich.console import Console
from rich.table import Table

from pilotfish.demo.monitor import Seen
from pilotfish.demo.screen import curve_text
from pilotfish.demo.tally import Lift, Tally, lift

mpl.use("Agg")  # no display is needed to write a file
from matplotlib import pyplot as plt


def results(tally: Tally, seen: Seen, seed: int, wall_s: float) -> dict[str, Any]:
    """Return what `--json` writes. Rates are shares; lifts are relative, 0.25 is +25 %.

    Unadvised is the holdout of the last third, which picked at random while the
    advised attempts of the same stretch followed their hints.
    """
    last = tally.last_third()
    overall, novel = lift(last, seed), lift([a for a in last if a.novel], seed)
    held = _held_out(seen)
    return {
        "attempts": len(tally.attempts),
        "seed": seed,
        "unadvised_success": overall.unadvised,
        "advised_success_last_third": overall.advised,
        "relative_lift": overall.relative,
        "relative_lift_ci95": overall.ci95,
        "n_advised_last_third": overall.n_advised,
        "n_unadvised_last_third": overall.n_unadvised,
        "novel_family_lift": novel.relative,
        "novel_family_lift_ci95": novel.ci95,
        "heldout_accuracy": held.get("accuracy"),
        "heldout_base_rate": held.get("base_rate"),
        "trainings": [
            {
                "version": training.version,
                "verdict": training.verdict or training.status,
                "reason": training.reason,
                "seconds": training.seconds,
                "metrics": training.metrics,
            }
            for training in seen.trainings
        ],
        "events_in_clickhouse": seen.events,
        "wall_s": round(wall_s, 1),
    }


def _held_out(seen: Seen) -> dict[str, Any]:
    """Return the held-out numbers of what is in service after the newest verdict."""
    for training in reversed(seen.trainings):
        who = "candidate" if training.verdict == "promoted" else "incumbent"
        if training.metrics.get(who):
            return dict(training.metrics[who])
    return {}


def print_report(console: Console, tally: Tally, found: dict[str, Any]) -> None:
    """Print the table and the learning curve."""
    last = tally.last_third()
    console.print(curve_text(tally), markup=False, highlight=False)
    table = Table(title="the last third of the attempts", title_justify="left")
    for column in ("", "advised", "unadvised (random)", "lift", "95 % interval"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("all families", *_cells(lift(last, found["seed"])))
    table.add_row(
        "families not seen before",
        *_cells(lift([a for a in last if a.novel], found["seed"])),
    )
    console.print(table)
    if found["heldout_accuracy"] is not None:
        console.print(
            "held-out attempts predicted right: "
            f"{found['heldout_accuracy']:.1%} (base rate {found['heldout_base_rate']:.1%})"
        )
    for training in found["trainings"]:
        console.print(
            f"training {training['verdict']} in {training['seconds']} s: "
            f"{training['reason']}"
        )


def _cells(found: Lift) -> tuple[str, str, str, str]:
    def share(rate: float | None, n: int) -> str:
        return "-" if rate is None else f"{rate:.1%} of {n}"

    return (
        share(found.advised, found.n_advised),
        share(found.unadvised, found.n_unadvised),
        "-" if found.relative is None else f"{found.relative:+.0%}",
        "-" if found.ci95 is None else f"{found.ci95[0]:+.0%} to {found.ci95[1]:+.0%}",
    )


def draw(tally: Tally, path: Path) -> None:
    """Write the learning curve as a PNG of 1200 x 600 pixels."""
    figure, axes = plt.subplots(figsize=(8, 4), dpi=150)
    curve = tally.curve()
    for label, index, colour in (
        ("advised", 1, "tab:green"),
        ("unadvised holdout (random)", 2, "tab:gray"),
    ):
        known = [
            (point[0], point[index]) for point in curve if point[index] is not None
        ]
        axes.plot(*zip(*known, strict=True), label=label, color=colour, marker=".")
    axes.axvline(tally.planned * 2 / 3, color="black", lw=0.8, ls=":")
    axes.text(tally.planned * 2 / 3, 1.01, " new families from here", fontsize=8)
    axes.set(
        xlabel="attempts", ylabel="success rate", xlim=(0, tally.planned), ylim=(0, 1)
    )
    axes.legend(loc="upper left")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
