"""The protocol `domains`: what is forgotten of one domain by learning another."""

from dataclasses import asdict
from typing import Final

from rich.progress import Progress

from pilotfish.evaluation.policies.registry import makers
from pilotfish.evaluation.protocols import domains
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.protocols.domains import DomainScore
from pilotfish.evaluation.protocols.halves import halves
from pilotfish.evaluation.reports.report import Length, Report, interval, number, ticks
from pilotfish.runtime.console import console
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
        NothingToLearnError: a domain is too small, or there is but one.
    """
    if len(worlds) > _FILES:
        raise ConfigurationError(
            f"{len(worlds)} files: the protocol domains takes two, or one whose problem "
            "types it deals into two"
        )
    first, second = worlds if worlds[1:] else halves(worlds[0], length.seed)
    policies = makers(first.embeddings.shape[1])
    with Progress(console=console, transient=True) as progress:
        tick = ticks(progress, "orders report", length.orders * len(policies))
        report = domains.play(
            (first, second), policies, length.orders, length.seed, tick
        )
    scores = {name: domains.score(one) for name, one in report.items()}
    sizes = [len(one.table.problems) for one in (first, second)]
    return Report(
        _COLUMNS,
        [_row(name, one) for name, one in scores.items()],
        _LEGEND,
        {name: asdict(one) for name, one in scores.items()},
        {"domains": sizes},
    )


def _row(name: str, one: DomainScore) -> list[str]:
    return [
        name,
        number(one.forgotten.first),
        number(one.forgotten.second),
        interval(one.forgotten.ci95, sign="+"),
        number(one.start.first),
        number(one.start.second),
        interval(one.start.ci95, sign="+"),
        interval(one.whole.ci95, sign="+"),
    ]
