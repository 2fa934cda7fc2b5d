"""What a protocol gives back: a table for people, numbers for programs, curves to draw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.progress import Progress

from pilotfish.evaluation.protocols.bandit import Matrix


@dataclass(frozen=True, slots=True)
class Length:
    """How much is played: policies with trainings play only `trained` orders."""

    orders: int
    trained: int
    seed: int


@dataclass(frozen=True, slots=True)
class Report:
    """A table, the same as JSON, and curves (orders, problems) by policy."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    legend: str
    policies: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Matrix] = field(default_factory=dict)


def ticks(progress: Progress, what: str, total: int) -> Callable[[], None]:
    """Return what advances a new bar by one."""
    bar = progress.add_task(what, total=total)
    return lambda: progress.advance(bar)


def number(value: float | None) -> str:
    """Return three decimals; nothing where there is no number."""
    return "" if value is None else f"{value:.3f}"


def interval(ends: tuple[float, float] | None, sign: str = "") -> str:
    """Return both ends of an interval; nothing where there is none."""
    return "" if ends is None else " ".join(f"{end:{sign}.3f}" for end in ends)
