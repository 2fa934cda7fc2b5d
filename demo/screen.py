"""The demo's live display: numbers, the learning curve, the running training."""

from collections.abc import Callable, Iterator

import plotext
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pilotfish.demo.monitor import Reading, Stage
from pilotfish.demo.tally import Tally
from pilotfish.runtime.console import plain

_LINE_EVERY = 100
"""Attempts between two lines of output without a terminal."""
_TICKS = {0.0: "0 %", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}


def curve_text(tally: Tally, width: int = 76, height: int = 14) -> str:
    """Draw the learning curve in characters: with advice green, without gray."""
    figure = plotext.figure.clear().theme("simple").plot_size(width, height)
    figure.ruler("x").lim(0, tally.planned)
    figure.ruler("y").lim(0, 1)
    figure.ruler("y").ticks(list(_TICKS), list(_TICKS.values()))
    curve = tally.curve()
    for index, colour in ((2, "gray"), (1, "green")):
        points = [
            (point[0], point[index]) for point in curve if point[index] is not None
        ]
        if points:
            x, y = zip(*points, strict=True)
            marker = plotext.marker("braille", colour)
            figure.draw(figure.signal(x, y, marker=marker).lines())
    return str(figure.build().string())


class Screen:
    """Redraws twice a second on a terminal; elsewhere prints a line now and then."""

    def __init__(self, console: Console, tally: Tally, train_at: int) -> None:
        self._console = console
        self._tally = tally
        self._train_at = train_at
        self._announced: set[tuple[str, str]] = set()
        self._found: set[str] = set()
        self._next_line = _LINE_EVERY

    def live(self, reading: Callable[[], Reading]) -> Live:
        """Return the live display, to be entered with `with`."""
        return Live(
            get_renderable=lambda: self.drawn(reading()),
            console=self._console,
            refresh_per_second=2,
            transient=True,
        )

    def announce(self, reading: Reading) -> None:
        """Print what happened since the last call: trainings, and strategies found."""
        for training in reading.trainings:
            key = (training.training_id, training.status)
            if key in self._announced:
                continue
            self._announced.add(key)
            if training.status == "started":
                event = f"started: {self._train_at} new labels are in"
            else:
                verdict = training.verdict or training.status
                event = f"{verdict} after {training.seconds} s: {training.reason}"
            self._console.print(plain(f"training {event}", "bold cyan"))
        for strategy in reading.strategies:
            if strategy.strategy not in self._found:
                self._found.add(strategy.strategy)
                found = plain(f"strategy found: {strategy.name}", "bold cyan")
                self._console.print(found, soft_wrap=True)
        self._line(reading)

    def _line(self, reading: Reading) -> None:
        done = len(self._tally.attempts)
        if self._console.is_terminal or done < self._next_line:
            return
        self._next_line = done - done % _LINE_EVERY + _LINE_EVERY
        self._console.print(
            f"{done:>5} of {self._tally.planned} attempts | newest {self._tally.window}: advised "
            f"{_percent(self._tally.rate(advised=True))}, holdout "
            f"{_percent(self._tally.rate(advised=False))} | "
            f"{reading.new_labels} labels of {self._train_at} | {_where(reading)}",
            highlight=False,
            soft_wrap=True,
        )

    def drawn(self, reading: Reading) -> RenderableType:
        """Return the whole display, 80 columns wide."""
        done, planned = len(self._tally.attempts), self._tally.planned
        return Panel(
            Group(
                _filled(ProgressBar(total=planned, completed=done)),
                self._numbers(reading),
                Text(f"success rate of the newest {self._tally.window}:", "dim"),
                Text.from_ansi(curve_text(self._tally)),
                self._training(reading),
                *_strategies(reading),
            ),
            title=Text.assemble(
                ("pilotfish demo", "bold"), f": {done} of {planned} attempts"
            ),
            width=80,
        )

    def _numbers(self, reading: Reading) -> Table:
        tally = self._tally
        rows = (
            (
                "with advice",
                _percent(tally.rate(advised=True)),
                "green",
            ),
            ("without", _percent(tally.rate(advised=False)), ""),
            ("hint p50", f"{_median_ms(tally):.0f} ms", ""),
            ("next training in", f"{self._until_training(reading)} labels", ""),
            ("advisor", reading.in_service[-16:], ""),
            ("events", f"{reading.events_per_s:.0f}/s", ""),
        )
        cells = [
            Text.assemble((f"{name} ", "dim"), (value, f"bold {colour}"))
            for name, value, colour in rows
        ]
        table = Table.grid(expand=True, padding=(0, 2))
        table.add_row(*cells[:3])
        table.add_row(*cells[3:])
        return table

    def _until_training(self, reading: Reading) -> int:
        return max(0, self._train_at - reading.new_labels)

    def _training(self, reading: Reading) -> RenderableType:
        if reading.running is None:
            return Text("no training is running", "dim")
        total = reading.stage.total or None
        return _filled(
            Text(f"{_where(reading)}, {reading.running.seconds} s", "bold cyan"),
            ProgressBar(total, reading.stage.step, pulse=total is None),
        )


def _strategies(reading: Reading) -> Iterator[Text]:
    """Yield a line once strategies were found, which is where no approach is named."""
    if reading.strategies:
        yield Text.assemble(
            ("strategies found ", "dim"),
            (f"{len(reading.strategies)}", "bold"),
            (", attempts that have one ", "dim"),
            (f"{reading.in_strategies}", "bold"),
        )


def _filled(*cells: RenderableType) -> Table:
    """Return cells side by side; the last one fills the remaining width."""
    row = Table.grid(expand=True, padding=(0, 1))
    for _ in cells[:-1]:
        row.add_column()
    row.add_column(ratio=1)
    row.add_row(*cells)
    return row


def _where(reading: Reading) -> str:
    if reading.running is None:
        return f"advisor {reading.in_service}"
    return f"training {_stage(reading.stage)}"


def _stage(stage: Stage) -> str:
    counted = f" {stage.step}/{stage.total}" if stage.total else ""
    return f"{stage.name or 'starts'}{counted}"


def _median_ms(tally: Tally) -> float:
    recent = sorted(a.advice_ms for a in tally.attempts[-tally.window :]) or [0.0]
    return recent[len(recent) // 2]


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"
