"""The demo's live picture: numbers, the learning curve, the training under way."""

from collections.abc import Callable

import plotext
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pilotfish.demo.monitor import Seen
from pilotfish.demo.tally import Tally


def curve_text(tally: Tally, width: int = 76, height: int = 14) -> str:
    """Draw the learning curve in characters, with colour codes."""
    curve = tally.curve()
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    plotext.ylim(0, 1)
    plotext.xlim(0, tally.planned)
    for label, index, colour in (("advised", 1, "green"), ("holdout", 2, "gray")):
        known = [
            (point[0], point[index]) for point in curve if point[index] is not None
        ]
        if known:
            plotext.plot(*zip(*known, strict=True), label=label, color=colour)
    plotext.title("success rate by attempts")
    return str(plotext.build())


class Screen:
    """Draws four times a second on a terminal; prints a line now and then elsewhere."""

    def __init__(self, console: Console, tally: Tally, train_at: int) -> None:
        self._console = console
        self._tally = tally
        self._train_at = train_at
        self._shown_trainings: set[tuple[str, str]] = set()
        self._printed_at = 0

    def live(self, seen: Callable[[], Seen]) -> Live:
        """Return the live display, to be entered with `with`."""
        return Live(
            get_renderable=lambda: self._draw(seen()),
            console=self._console,
            refresh_per_second=2,
            transient=True,
        )

    def announce(self, seen: Seen) -> None:
        """Print what happened since the last call: trainings begun, verdicts."""
        for training in seen.trainings:
            key = (training.version, training.status)
            if key in self._shown_trainings:
                continue
            self._shown_trainings.add(key)
            if training.status == "started":
                self._console.print(
                    f"[bold cyan]training started[/]: {self._train_at} new labels are in"
                )
            else:
                self._console.print(
                    f"[bold cyan]training {training.verdict or training.status}[/] after "
                    f"{training.seconds} s: {training.reason}"
                )
        self._line(seen)

    def _line(self, seen: Seen) -> None:
        done = len(self._tally.attempts)
        if not self._console.is_terminal and done >= self._printed_at + 100:
            self._printed_at = done
            self._console.print(
                f"{done:>5} of {self._tally.planned} attempts | advised "
                f"{_percent(self._tally.rate(advised=True, newest=300))} | holdout "
                f"{_percent(self._tally.rate(advised=False))} | "
                f"{seen.new_labels} labels of {self._train_at} | {seen.stage}"
            )

    def _draw(self, seen: Seen) -> RenderableType:
        done, planned = len(self._tally.attempts), self._tally.planned
        return Panel(
            Group(
                ProgressBar(total=planned, completed=done),
                self._numbers(seen),
                Text.from_ansi(curve_text(self._tally)),
            ),
            title=f"pilotfish demo: {done} of {planned} attempts",
        )

    def _numbers(self, seen: Seen) -> Table:
        tally = self._tally
        recent = sorted(a.advice_ms for a in tally.attempts[-200:]) or [0.0]
        promoted = [t.version for t in seen.trainings if t.verdict == "promoted"]
        table = Table.grid(padding=(0, 3))
        table.add_row(
            f"advised, newest 300: [bold green]"
            f"{_percent(tally.rate(advised=True, newest=300))}[/]",
            f"holdout: [bold]{_percent(tally.rate(advised=False))}[/]",
            f"hint latency p50: {recent[len(recent) // 2]:.0f} ms",
        )
        table.add_row(
            f"labels to next training: {max(0, self._train_at - seen.new_labels)}",
            f"advisor: {promoted[-1][-12:] if promoted else 'base'}",
            f"events/s: {seen.events_per_s:.0f}",
        )
        table.add_row(f"training: {seen.stage}" if seen.running else "", "", "")
        return table


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"
