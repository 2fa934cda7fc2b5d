from io import StringIO

import pytest
from rich.console import Console

from pilotfish.demo.monitor import Reading, Stage, Training
from pilotfish.demo.screen import Screen
from pilotfish.demo.strategies import FoundStrategy
from pilotfish.demo.tally import Attempted, Tally

STARTED = Training("a", "started", seconds=7)
PROMOTED = Training("a", "finished", "v-7", "promoted", "log loss 0.04 lower")
REFUSED = Training("b", "finished", "v-8", "refused", "no better")


def attempts(count: int) -> list[Attempted]:
    return [
        Attempted(i, "f", False, "plan", True, i % 5 == 0, i % 5 != 0, 20.0)
        for i in range(count)
    ]


class Shown:
    """A screen on a console whose text can be read."""

    def __init__(self, tally: Tally, *, terminal: bool) -> None:
        self.console = Console(
            file=StringIO(), width=100, force_terminal=terminal, color_system=None
        )
        self.screen = Screen(self.console, tally, train_at=500)

    def draw(self, reading: Reading) -> None:
        self.console.print(self.screen.drawn(reading))

    @property
    def text(self) -> str:
        return str(self.console.file.getvalue())  # type: ignore[attr-defined]


def test_the_display_shows_all_numbers() -> None:
    shown = Shown(Tally(600, attempts(300)), terminal=True)
    shown.draw(Reading(380, 1000, 42.0, (PROMOTED,)))
    for part in (
        "300 of 600 attempts",
        "with advice 100.0%",
        "without 0.0%",
        "hint p50 20 ms",
        "next training in 120 labels",
        "advisor v-7",
        "events 42/s",
        "no training is running",
    ):
        assert part in shown.text


def test_a_running_training_shows_its_own_progress() -> None:
    shown = Shown(Tally(600, attempts(10)), terminal=True)
    shown.draw(Reading(trainings=(STARTED,), stage=Stage("lora", 12, 60)))
    assert "training lora 12/60, 7 s" in shown.text
    assert "advisor base" in shown.text


def test_the_display_fits_into_eighty_columns() -> None:
    shown = Shown(Tally(600, attempts(599)), terminal=True)
    shown.draw(Reading(trainings=(STARTED,), stage=Stage("lora", 12, 60)))
    assert max(map(len, shown.text.splitlines())) == 80
    assert len(shown.text.splitlines()) <= 24


@pytest.mark.parametrize("count", [0, 1])
def test_the_display_needs_no_attempts(count: int) -> None:
    shown = Shown(Tally(600, attempts(count)), terminal=True)
    shown.draw(Reading())
    assert f"{count} of 600 attempts" in shown.text


def test_each_training_is_announced_once() -> None:
    shown = Shown(Tally(600), terminal=True)
    for trainings in ((STARTED,), (STARTED,), (PROMOTED,), (PROMOTED, REFUSED)):
        shown.screen.announce(Reading(trainings=trainings))
    assert shown.text.count("training started: 500 new labels are in") == 1
    assert shown.text.count("promoted after 0 s: log loss 0.04 lower") == 1
    assert shown.text.count("refused after 0 s: no better") == 1


def test_without_a_terminal_there_is_a_line_every_hundred_attempts() -> None:
    tally = Tally(600)
    shown = Shown(tally, terminal=False)
    for attempt in attempts(350):
        tally.attempts.append(attempt)
        shown.screen.announce(Reading(new_labels=1))
    lines = shown.text.splitlines()
    assert [line.split()[0] for line in lines] == ["100", "200", "300"]
    assert "advised 100.0%, holdout 0.0%" in lines[-1]


def test_strategies_are_shown_and_each_is_announced_once() -> None:
    shown = Shown(Tally(600, attempts(599)), terminal=True)
    found = FoundStrategy("read-grid-1", "read_grid, fill_table", attempts=40)
    for strategies in ((found,), (found, FoundStrategy("b", "sort", attempts=2))):
        shown.screen.announce(Reading(strategies=strategies))
    assert shown.text.count("strategy found: read_grid, fill_table") == 1
    shown = Shown(Tally(600, attempts(599)), terminal=True)
    shown.draw(Reading(strategies=(found,), trainings=(STARTED,)))
    assert "strategies found 1, attempts that have one 40" in shown.text
    assert len(shown.text.splitlines()) <= 24
