"""What works on which kind of problem, as Markdown for people and for agents.

Equal archives give equal bytes: dates are those of the newest attempts.
"""

import json
import re
from typing import Final, NamedTuple

from pilotfish._cli.strategy_changes import IMPORTED
from pilotfish.advisors.hint_text import one_line
from pilotfish.consumers.memory.groups.playbook import interval
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategy_archive import ArchivedStrategy, Kind, StrategyArchive

BEGIN: Final = "<!-- pilotfish:begin -->"
END: Final = "<!-- pilotfish:end -->"
_FEWEST: Final = 5
"""Attempts from which a strategy is named on a kind of problems."""
_GOOD: Final = 0.5
_MAX_SLUG: Final = 50
_NOT_PLAIN: Final = re.compile(r"[^\w .:,/+-]")


class Tried(NamedTuple):
    """A strategy on a kind of problems: its attempts, and the others on the same kind."""

    strategy: ArchivedStrategy
    attempts: int
    successes: int
    others: int
    others_successes: int

    @property
    def verdict(self) -> str:
        """What it is listed under; the interval must lie on one side to say anything."""
        low, high = interval(self.successes, self.attempts)
        rest = self.others_successes / self.others if self.others else None
        if high < _GOOD or (rest is not None and high < rest):
            return "What fails"
        if low > _GOOD or (rest is not None and low > rest):
            return "What works"
        return "What is not clear yet"


def skills(archive: StrategyArchive) -> dict[str, str]:
    """Return the text of a SKILL.md for each kind of problems, by the name of its folder."""
    return {
        _slug(kind): _skill(kind, tried)
        for kind in archive.kinds
        if (tried := _tried(archive, kind))
    }


def section(archive: StrategyArchive) -> str:
    """Return a section for AGENTS.md, with the marks by which it is found again."""
    kinds = [(kind, _tried(archive, kind)) for kind in archive.kinds]
    parts = [
        f"### {_words(kind)}\n\n{_body(kind, tried, '####')}"
        for kind, tried in kinds
        if tried
    ]
    title = "## What works here, by kind of problem"
    return "\n\n".join([BEGIN, title, _CAVEAT, *parts, END]) + "\n"


def with_section(text: str, new: str) -> str:
    """Return a document's text with the section in place of the earlier one, or at its end.

    Raises:
        ConfigurationError: one of the two marks is missing.
    """
    if (BEGIN in text) != (END in text) or text.find(END) < text.find(BEGIN):
        raise ConfigurationError(
            f"{BEGIN} and {END} have to stand in this order: mend or remove them"
        )
    if BEGIN not in text:
        return f"{text.rstrip()}\n\n{new}" if text.strip() else new
    before, after = text.split(BEGIN, 1)[0], text.split(END, 1)[1]
    return f"{before}{new.rstrip()}{after}"


_CAVEAT: Final = (
    "Counted by pilotfish in the attempts of this project's agents. Counts say what went "
    "together; only a lift against the holdout says that advice helped."
)


def _skill(kind: Kind, tried: list[Tried]) -> str:
    about = (
        f"How to go about problems like: {_words(kind)}. Says which ways of working "
        f"succeeded and failed in {kind.attempts} attempts."
    )
    front = f"---\nname: {_slug(kind)}\ndescription: {json.dumps(about)}\n---"
    body = _body(kind, tried, "##")
    return f"{front}\n\n# {_words(kind)}\n\n{_CAVEAT}\n\n{body}\n"


def _body(kind: Kind, tried: list[Tried], level: str) -> str:
    parts = [
        f"{level} {verdict}\n\n" + "\n".join(_line(each) for each in listed)
        for verdict in ("What works", "What fails", "What is not clear yet")
        if (listed := [each for each in tried if each.verdict == verdict])
    ]
    of = f"{kind.successes} of {kind.attempts} attempts on such problems succeeded"
    return "\n\n".join([*parts, f"{of}, the newest on {kind.newest:%Y-%m-%d}."])


def _line(tried: Tried) -> str:
    low, high = interval(tried.successes, tried.attempts)
    others = f", others in {tried.others_successes} of {tried.others}"
    evidence = (
        f"worked in {tried.successes} of {tried.attempts} attempts "
        f"({low:.0%} to {high:.0%}){others if tried.others else ''}{_lift(tried)}"
    )
    what = _harmless(tried.strategy.instruction) or _plain(tried.strategy.name)
    return f"- {what.rstrip('.')}. It {evidence}."


def _lift(tried: Tried) -> str:
    strategy = tried.strategy
    if strategy.lift is None or strategy.lift_low is None or strategy.lift_high is None:
        return ""
    ends = f"{strategy.lift_low:+.2f} to {strategy.lift_high:+.2f}"
    return f"; advised, on all kinds: {strategy.lift:+.2f} ({ends}) against the holdout"


def _tried(archive: StrategyArchive, kind: Kind) -> list[Tried]:
    """Return what may be said to agents, the strategy with the best lower end first.

    A retired strategy is none to follow, so it is named where it fails and nowhere else;
    and one that was imported is not named before its user has offered it.
    """
    found = [
        tried
        for strategy in archive.strategies
        if (tried := _counted(archive, kind, strategy)).attempts >= _FEWEST
        and (strategy.standing == "offered" or tried.verdict == "What fails")
        and not (strategy.standing == "retired" and IMPORTED in strategy.reason)
    ]
    return sorted(found, key=_rank)


def _rank(tried: Tried) -> tuple[float, str]:
    return -interval(tried.successes, tried.attempts)[0], tried.strategy.strategy


def _counted(archive: StrategyArchive, kind: Kind, strategy: ArchivedStrategy) -> Tried:
    n, wins = archive.counted(kind.group_id, strategy.strategy)
    return Tried(strategy, n, wins, kind.attempts - n, kind.successes - wins)


def _words(kind: Kind) -> str:
    return _plain(kind.words) or f"problems {kind.group_id[:8]}"


def _plain(text: str) -> str:
    return one_line(_NOT_PLAIN.sub(" ", text))[:100]


def _harmless(instruction: str) -> str:
    """Return an instruction on one line that cannot end the section it stands in."""
    return one_line(instruction.replace("<!--", " ").replace("-->", " "))[:400]


def _slug(kind: Kind) -> str:
    """Return a name of an Agent Skill: small letters, digits and hyphens, at most 64."""
    words = re.sub(r"[^a-z0-9]+", "-", kind.words.lower()).strip("-")[:_MAX_SLUG]
    digits = re.sub(r"[^a-z0-9]", "", kind.group_id.lower())[:8]
    return "-".join(filter(None, (words.strip("-"), digits)))
