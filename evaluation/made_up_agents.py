"""Agents whose strategies and effects are known, because they are made up.

`draw_behaviours` is for how well strategies are found, `draw_checking` for effects: an
agent whose hidden rule is that checking first helps on one kind of problem and hurts on
the other, and that checks more often where a problem looks hard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.strategies.effects import Attempts, Flags, Floats

KINDS: Final = ("helps", "hurts")
"""What checking first does on the problems of a kind."""
_RULE: Final = {"helps": 0.9, "hurts": -0.9}
"""What it adds to the log odds of success."""
_SIZE: Final = 16
"""Numbers of an embedding; one direction of them is difficulty."""
_TRIES: Final = 2
"""Attempts at each problem."""

_TOOLS: Final = tuple(f"tool_{letter}" for letter in "abcd")
_VERBS: Final = ("show", "select", "ls", "grep", "view", "edit", "pytest", "search")
_COMMON: Final = 0.5
"""Chance that a move of a behaviour is one that others have, too."""
_TROUBLE: Final = 0.5
"""Share of attempts in which something goes wrong."""


@dataclass(frozen=True, slots=True)
class Checking:
    """Attempts at problems of one kind; `checked` (n,) says which began by checking."""

    attempts: Attempts
    checked: Flags


def draw_checking(kind: str, attempts: int, seed: int) -> Checking:
    """Return attempts of the agent with the hidden rule."""
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    embeddings, hard, odds = _problems(rng, attempts // _TRIES)
    problems = np.repeat(np.arange(len(odds)), _TRIES)
    checked = rng.random(len(problems)) < _chance(1.5 * hard[problems])
    p_success = _chance(odds[problems] + _RULE[kind] * checked)
    success = (rng.random(len(problems)) < p_success).astype(np.float64)
    return Checking(Attempts(success, embeddings[problems], problems), checked)


@cache
def true_effect(kind: str) -> float:
    """Return what checking first adds to P(success), the mean over all problems."""
    _, _, odds = _problems(np.random.default_rng(0), 1_000_000)
    return float((_chance(odds + _RULE[kind]) - _chance(odds)).mean())


def _problems(rng: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
    """Return embeddings (n, d), how hard each looks, and the log odds of success.

    Part of the difficulty cannot be seen in the text.
    """
    embeddings = rng.normal(size=(count, _SIZE)) / np.sqrt(_SIZE)
    hard = embeddings.sum(1)
    unseen = rng.normal(scale=0.5, size=count)
    return embeddings, hard, 0.3 - hard - unseen


def _chance(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


def draw_behaviours(
    count: int, attempts: int, blur: float, seed: int
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Return moves of attempts, and which of `count` behaviours each attempt had.

    A behaviour is a plan of two to five moves, of which some are common to several. Half
    of the attempts run into trouble, and answer it with moves that have nothing to do with
    their behaviour. `blur` is the chance that a move is left out, and that another comes in
    between.
    """
    rng = np.random.default_rng((seed, count, round(100 * blur)))
    moves = [f"{tool}:{verb}" for tool in _TOOLS for verb in _VERBS]
    common, remedies = rng.choice(moves, 4).tolist(), rng.choice(moves, 5).tolist()
    plans = [_plan(rng, moves, common) for _ in range(count)]
    behaviours = rng.choice(count, attempts, p=rng.dirichlet(np.full(count, 3.0)))
    made = [_blurred(plans[b], moves, blur, rng) for b in behaviours]
    tails = [_remedies(rng, remedies) for _ in range(attempts)]
    return [
        tuple(dict.fromkeys((*own, *tail)))
        for own, tail in zip(made, tails, strict=True)
    ], behaviours


def _plan(
    rng: np.random.Generator, moves: Sequence[str], common: Sequence[str]
) -> list[str]:
    sources = [
        common if rng.random() < _COMMON else moves for _ in range(rng.integers(2, 6))
    ]
    return list(dict.fromkeys(str(rng.choice(source)) for source in sources))


def _blurred(
    plan: Sequence[str], moves: Sequence[str], blur: float, rng: np.random.Generator
) -> list[str]:
    made: list[str] = []
    for move in plan:
        if rng.random() >= blur:
            made.append(move)
        if rng.random() < blur:
            made.append(str(rng.choice(moves)))
    return made


def _remedies(rng: np.random.Generator, remedies: Sequence[str]) -> list[str]:
    count = rng.integers(1, 4) if rng.random() < _TROUBLE else 0
    return [str(move) for move in rng.choice(remedies, count)]
