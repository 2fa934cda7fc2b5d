"""The protocol `domains`: what is forgotten of one domain by learning another."""

from dataclasses import asdict
from typing import Final

from pilotfish.evaluation.policies.registry import policies
from pilotfish.evaluation.protocols import domains
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.protocols.domains import DomainScore
from pilotfish.evaluation.protocols.halves import halves
from pilotfish.evaluation.reports.report import Length, Report, interval, number, ticks
from pilotfish.runtime.console import progress_bar
from pilotfish.schemas.errors import ConfigurationError

_FILES: Final = 2
_COLUMNS = (
    *("policy", "before", "after", "forgotten", "start"),
    *("from scratch", "transfer", "whole"),
)
_LEGEND = """
before, after: success on held-out problems of the first domain, before and after the
second was learned; forgotten: 95 % interval of the difference. start: success on the
first fifth of the second domain; transfer: 95 % interval of what having learned the
first adds to it; whole: the same on all of the second domain."""


def play_domains(worlds: list[World], length: Length) -> Report:
    """Learn one domain, then the other, and measure the first again.

    Raises:
        ConfigurationError: more than two files.
        NothingToLearnError: a domain is too small, or there is only one.
    """
    if len(worlds) > _FILES:
        raise ConfigurationError(
            f"{len(worlds)} files: the protocol domains takes two, or one whose problem "
            "types it deals into two"
        )
    first, second = worlds if worlds[1:] else halves(worlds[0], length.seed)
    factories = policies(first.embeddings.shape[1])
    with progress_bar() as progress:
        tick = ticks(progress, "orders played", length.orders * len(factories))
        played = domains.play(
            (first, second), factories, length.orders, length.seed, tick
        )
    scores = {name: domains.score(result) for name, result in played.items()}
    sizes = [len(world.table.problems) for world in (first, second)]
    return Report(
        _COLUMNS,
        [_row(name, line) for name, line in scores.items()],
        _LEGEND,
        {name: asdict(line) for name, line in scores.items()},
        {"domains": sizes},
    )


def _row(name: str, line: DomainScore) -> list[str]:
    return [
        name,
        number(line.forgotten.first),
        number(line.forgotten.second),
        interval(line.forgotten.ci95, sign="+"),
        number(line.start.first),
        number(line.start.second),
        interval(line.start.ci95, sign="+"),
        interval(line.whole.ci95, sign="+"),
    ]
