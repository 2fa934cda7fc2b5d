"""The demo's results: a table, a picture, a JSON file."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pilotfish.demo.monitor import Reading
from pilotfish.demo.screen import curve_text
from pilotfish.demo.tally import Lift, Tally, hinted_share, lift

mpl.use("Agg")  # no display is needed to write a file
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter


def results(tally: Tally, reading: Reading, seed: int, wall_s: float) -> dict[str, Any]:
    """Return the content of `--json`: rates are shares; a lift of 0.25 is +25 %.

    Both arms are from the last third: unadvised is the holdout, which picks at random;
    advised is the rest, hinted or not.
    """
    last = tally.last_third()
    overall, novel = lift(last, seed), lift([a for a in last if a.novel], seed)
    heldout = _heldout_metrics(reading)
    return {
        "attempts": len(tally.attempts),
        "broken_off": tally.broken_off,
        "seed": seed,
        "unadvised_success": overall.unadvised,
        "advised_success_last_third": overall.advised,
        "relative_lift": overall.relative,
        "relative_lift_ci95": overall.ci95,
        "n_advised_last_third": overall.n_advised,
        "n_unadvised_last_third": overall.n_unadvised,
        "hinted_share_last_third": hinted_share(last),
        "novel_family_lift": novel.relative,
        "novel_family_lift_ci95": novel.ci95,
        "heldout_accuracy": heldout.get("accuracy"),
        "heldout_base_rate": heldout.get("base_rate"),
        "trainings": [
            {
                "training_id": training.training_id,
                "version": training.version,
                "verdict": training.verdict or training.status,
                "reason": training.reason,
                "seconds": training.seconds,
                "metrics": dict(training.metrics),
            }
            for training in reading.trainings
        ],
        "events_in_clickhouse": reading.events,
        "wall_s": round(wall_s, 1),
    }


def _heldout_metrics(reading: Reading) -> dict[str, Any]:
    """Return the held-out metrics of the advisor that the newest verdict left in service."""
    for training in reversed(reading.trainings):
        advisor = "candidate" if training.verdict == "promoted" else "incumbent"
        if training.metrics.get(advisor):
            return dict(training.metrics[advisor])
    return {}


def print_report(console: Console, tally: Tally, report: dict[str, Any]) -> None:
    """Print the table and the learning curve."""
    last = tally.last_third()
    console.print(
        Text.assemble(
            f"success rate of the newest {tally.window} attempts: ",
            ("with advice", "green"),
            ", without",
        )
    )
    console.print(Text.from_ansi(curve_text(tally)))
    table = Table(title="the last third of the attempts", title_justify="left")
    for column in ("", "advised", "unadvised (random)", "lift", "95 % interval"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("all families", *_cells(lift(last, report["seed"])))
    table.add_row(
        "families not seen before",
        *_cells(lift([a for a in last if a.novel], report["seed"])),
    )
    console.print(table)
    if report["hinted_share_last_third"] is not None:
        console.print(
            f"{report['hinted_share_last_third']:.1%} of the advised attempts got a hint; "
            "where the advisor was unsure, they also picked at random"
        )
    if report["heldout_accuracy"] is not None:
        console.print(
            "held-out attempts predicted correctly: "
            f"{report['heldout_accuracy']:.1%} (base rate {report['heldout_base_rate']:.1%})"
        )
    for training in report["trainings"]:
        verdict, reason = training["verdict"], training["reason"]
        result = "still runs" if verdict == "started" else f"{verdict}: {reason}"
        console.print(f"training of {training['seconds']} s: {result}")


def _cells(result: Lift) -> tuple[str, str, str, str]:
    def share(rate: float | None, n: int) -> str:
        return "-" if rate is None else f"{rate:.1%} of {n}"

    return (
        share(result.advised, result.n_advised),
        share(result.unadvised, result.n_unadvised),
        "-" if result.relative is None else f"{result.relative:+.0%}",
        _range(result.ci95),
    )


def _range(ci95: tuple[float, float] | None) -> str:
    return "-" if ci95 is None else f"{ci95[0]:+.0%} to {ci95[1]:+.0%}"


def draw(tally: Tally, path: Path) -> None:
    """Write the learning curve as a PNG of 1200 x 600 pixels."""
    figure, axes = plt.subplots(figsize=(8, 4), dpi=150)
    curve = tally.curve()
    for label, index, colour in (
        ("with advice", 1, "tab:green"),
        ("without: the holdout picks at random", 2, "tab:gray"),
    ):
        rates = [(point[0], point[index]) for point in curve]
        x = [number for number, rate in rates if rate is not None]
        y = [rate for _, rate in rates if rate is not None]
        axes.plot(x, y, label=label, color=colour, lw=2)
    _mark_last_third(axes, tally.planned * 2 / 3)
    axes.set(xlabel="attempts", xlim=(0, tally.planned), ylim=(0, 1))
    axes.set_title(f"success rate of the newest {tally.window} attempts", loc="left")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="best", frameon=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _mark_last_third(axes: Axes, begins: float) -> None:
    axes.axvline(begins, color="black", lw=0.8, ls=":")
    axes.text(
        begins,
        0.02,
        " families not seen before join in",
        transform=axes.get_xaxis_transform(),
        fontsize=8,
    )
