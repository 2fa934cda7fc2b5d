"""Whether a model follows a found strategy's line as it follows the prompt of a name.

The model is scripted. It obeys with a stated probability, and else works in one of its own
ways, drawn at random. Obeying a name, it works in that way. Obeying a line, it reads the
moves that the line asks for, and works in that way which is most like them: in order, which
is the way that makes most of them one after the other from the first one on, or alike, by
the share of equal moves, wherever they come. What it does then, and how that ends, is an
attempt of the log at the same problem; so it cannot do what nobody did there.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from strategy_logs import Named
from tables import ends_of, table

from pilotfish.evaluation.protocols.scores import interval
from pilotfish.strategies.instructions import phrases
from pilotfish.strategies.patterns import Pattern

OBEYS = 0.8
DRAWS = 20
"""Tries at each problem with each prompt."""

Rows = NDArray[np.int64]
Likeness = Callable[[Pattern, Pattern], tuple[int, float]]


def _alike(asked: Pattern, own: Pattern) -> tuple[int, float]:
    return 0, SequenceMatcher(None, asked, own, autojunk=False).ratio()


def _in_order(asked: Pattern, own: Pattern) -> tuple[int, float]:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(asked, own, strict=False))
    return len(list(same)), _alike(asked, own)[1]


READINGS: Mapping[str, Likeness] = {"in order": _in_order, "alike": _alike}
"""How much of what a line asks for a way does; the second number decides between equals."""


def measured(log: Named) -> dict[str, Any]:
    """Return how often each kind of prompt is followed, and what following it changes."""
    world = _World(log)
    names = sorted({attempt.approach for attempt in log.attempts})
    prompts = {
        "named": [
            world.prompted(name, world.approaches, world.named(name)) for name in names
        ],
        **{
            f"found, {reading}": [
                world.prompted(strategy, log.strategies, world.read(line, likeness))
                for strategy, line in sorted(log.lines.items())
            ]
            for reading, likeness in READINGS.items()
        },
    }
    return {
        "obeys": OBEYS,
        "draws": DRAWS,
        "problems": len(world.ways),
        "prompts": prompts,
        "followed": {kind: _mean(each, "followed") for kind, each in prompts.items()},
        "beyond_habit": {
            kind: _mean(each, "beyond_habit") for kind, each in prompts.items()
        },
    }


def _mean(prompts: Sequence[dict[str, Any]], key: str) -> float:
    return round(float(np.mean([prompt[key] for prompt in prompts])), 4)


class _World:
    """The attempts of a log by problem; each is one way in which the model can work."""

    def __init__(self, log: Named) -> None:
        self.approaches = [attempt.approach for attempt in log.attempts]
        self._patterns = log.patterns
        self._success = np.array([float(a.success or 0) for a in log.attempts])
        self._moves = {
            phrase: move
            for pattern in set(log.patterns)
            for phrase, move in zip(phrases(pattern), pattern, strict=True)
        }
        ways: dict[str, list[int]] = defaultdict(list)
        for row, attempt in enumerate(log.attempts):
            ways[attempt.problem].append(row)
        self.ways = [np.array(rows) for rows in ways.values()]

    def named(self, name: str) -> Callable[[Rows], int]:
        """Return how a name is obeyed."""
        return lambda rows: next(int(r) for r in rows if self.approaches[r] == name)

    def read(self, line: str, likeness: Likeness) -> Callable[[Rows], int]:
        """Return how a line is obeyed."""
        steps = line.removeprefix("First ").removesuffix(".").split(", then ")
        asked = tuple(self._moves[step] for step in steps if step in self._moves)
        return lambda rows: max(
            map(int, rows), key=lambda row: likeness(asked, self._patterns[row])
        )

    def prompted(
        self, name: str, counts: Sequence[str], obeyed: Callable[[Rows], int]
    ) -> dict[str, Any]:
        """Return what comes of one prompt; `counts` says what each attempt counts as."""
        is_it = np.array([each == name for each in counts], np.float64)
        rng = np.random.default_rng(0)
        followed, habit, success, unadvised = [], [], [], []
        for rows in self.ways:
            own = rng.choice(rows, DRAWS)
            done = np.where(rng.random(DRAWS) < OBEYS, obeyed(rows), own)
            followed.append(is_it[done].mean())
            habit.append(is_it[rows].mean())
            success.append(self._success[done].mean())
            unadvised.append(self._success[rows].mean())
        base = float(np.mean(habit))
        effect = np.array(success) - np.array(unadvised)
        return {
            "name": name,
            "followed": round(float(np.mean(followed)), 4),
            "habit": round(base, 4),
            "beyond_habit": round((float(np.mean(followed)) - base) / (1 - base), 4),
            "effect": round(float(effect.mean()), 4),
            "effect_ci95": [round(float(end), 4) for end in interval(effect)],
        }


def page(part: Mapping[str, Any]) -> str:
    """Return the part of the page."""
    rows = [
        (
            kind,
            f"`{prompt['name']}`",
            f"{prompt['followed']:.3f}",
            f"{prompt['habit']:.3f}",
            f"{prompt['beyond_habit']:.3f}",
            f"{prompt['effect']:+.3f} {ends_of(prompt['effect_ci95'])}",
        )
        for kind, prompts in part["prompts"].items()
        for prompt in prompts
    ]
    columns = ("prompt", "of", "followed", "unasked", "beyond that", "success, 95 %")
    beyond = ", ".join(f"{kind} {x:.3f}" for kind, x in part["beyond_habit"].items())
    return (
        "## A model that follows lines, on intercode_sql\n\nScripted: it obeys with "
        f"{part['obeys']:.0%}, and else works in any of its ways; {part['draws']} tries at "
        f"each of {part['problems']:,} problems. Obeying a line, it does what in the log "
        "makes most of its moves in order, or is most like them in any order; what nobody "
        "did at a problem it cannot do there. A found strategy may be two names, and is "
        f"then done unasked more often; beyond that: {beyond}. Success is that with the "
        "prompt, less that without one.\n\n" + table(columns, rows)
    )
