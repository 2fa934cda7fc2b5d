"""What of a log was not taken, and why."""

from dataclasses import dataclass, field
from typing import NamedTuple

MOST_REASONS = 5
"""Reasons that are listed one by one."""


class Finding(NamedTuple):
    """How often something happened, and where first, such as `line 7`."""

    times: int
    first: str


@dataclass(slots=True)
class Findings:
    """Collects, by reason, the lines that were skipped and the fields left out.

    `unread` is what the reader does not look at: by name, how often it is there.
    """

    skipped: dict[str, Finding] = field(default_factory=dict)
    left_out: dict[str, Finding] = field(default_factory=dict)
    unread: dict[str, Finding] = field(default_factory=dict)

    def skip(self, place: str, reason: str) -> None:
        """Record that what begins at `place` was skipped."""
        _count(self.skipped, place, reason)

    def leave_out(self, place: str, reason: str) -> None:
        """Record that a field there was left out or mended."""
        _count(self.left_out, place, reason)

    def ignore(self, place: str, what: str) -> None:
        """Record that something there is not read."""
        _count(self.unread, place, what)

    @property
    def skipped_lines(self) -> int:
        return _total(self.skipped)

    def sentences(self) -> list[str]:
        """Return what to tell the user; empty where everything was taken."""
        told = []
        if self.skipped:
            told.append(
                f"{_number(self.skipped, 'line')} skipped: {_reasons(self.skipped)}"
            )
        if self.left_out:
            told.append(
                f"{_number(self.left_out, 'value')} left out or mended: "
                f"{_reasons(self.left_out)}"
            )
        if self.unread:
            told.append(f"not read: {_reasons(self.unread)}")
        return told


def _count(findings: dict[str, Finding], place: str, reason: str) -> None:
    before = findings.get(reason, Finding(0, place))
    findings[reason] = before._replace(times=before.times + 1)


def _total(findings: dict[str, Finding]) -> int:
    return sum(finding.times for finding in findings.values())


def _number(findings: dict[str, Finding], what: str) -> str:
    total = _total(findings)
    return f"{total} {what}" if total == 1 else f"{total} {what}s"


def _reasons(findings: dict[str, Finding]) -> str:
    often = sorted(findings.items(), key=lambda item: -item[1].times)
    told = [
        f"{reason} ({finding.times}, the first is {finding.first})"
        for reason, finding in often[:MOST_REASONS]
    ]
    if len(often) > MOST_REASONS:
        told.append(f"{len(often) - MOST_REASONS} more")
    return "; ".join(told)
