"""Strategies on the public logs, with the names of the approaches hidden."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_mutual_info_score

from pilotfish.evaluation.outcomes import outcome_table
from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.protocols import bandit, full
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.protocols.scores import best_single, interval
from pilotfish.evaluation.reports.log import read_log
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.strategies.finding import found
from pilotfish.strategies.instructions import instruction
from pilotfish.strategies.moves import Moves
from pilotfish.strategies.patterns import Pattern, pattern_of

DATA = Path(__file__).parents[2] / "shared" / "data"
LOGS = {
    "intercode_sql": DATA / "intercode_sql.jsonl.gz",
    "theoremqa_gpt4": DATA / "theoremqa_gpt4.jsonl.gz",
}
ORDERS = 20
DIVISIONS = 4


@dataclass(frozen=True)
class Named:
    """A log: its attempts, their patterns, and the strategy found in each."""

    attempts: tuple[LoggedAttempt, ...]
    patterns: list[Pattern]
    strategies: list[str]
    lines: dict[str, str]
    embeddings: dict[str, NDArray[np.float32]]


def named(file: Path) -> Named:
    """Read a log and find its strategies; the approaches' names have no part in it."""
    log = read_log([file], skip_bad=False, say=print)
    attempts = log.attempts[0]
    patterns = [_pattern(attempt) for attempt in attempts]
    result = found(Counter(patterns), {})
    return Named(
        attempts,
        patterns,
        [result.strategies.get(pattern, "") for pattern in patterns],
        {name: instruction(pattern) for name, pattern in result.patterns.items()},
        log.embeddings,
    )


def _pattern(attempt: LoggedAttempt) -> Pattern:
    moves = Moves()
    for step in attempt.steps:
        moves.add(step.kind, step.name, step.content)
    return pattern_of(moves.distinct)


def agreement(log: Named) -> dict[str, Any]:
    """Return the AMI with the hidden names, beside that of k-means on the same moves."""
    hidden = [attempt.approach for attempt in log.attempts]
    words = TfidfVectorizer(analyzer=lambda pattern: pattern)
    matrix = words.fit_transform(log.patterns)
    known = len(set(hidden))
    rivals = [
        KMeans(known, n_init=10, random_state=seed).fit(matrix) for seed in range(5)
    ]
    begun = time.perf_counter()
    for attempt in log.attempts:
        _pattern(attempt)
    moves_s = time.perf_counter() - begun
    return {
        "attempts": len(hidden),
        "moves_us": round(1e6 * moves_s / len(hidden), 1),
        "patterns": len(set(log.patterns)),
        "approaches": known,
        "strategies": len(log.lines),
        "unassigned": log.strategies.count(""),
        "ami": round(_ami(hidden, log.strategies), 3),
        "k_means": [round(_ami(hidden, r.labels_), 3) for r in rivals],
        "lines": sorted(log.lines.values()),
    }


def _ami(one: Any, other: Any) -> float:
    return float(adjusted_mutual_info_score(one, other))


def advice(log: Named) -> dict[str, Any]:
    """Return the success of advice by named approaches and by found strategies.

    The outcome of a strategy at a problem is the mean over the approaches that fall into
    it there: what an agent gets that follows the strategy in either way. One of these
    attempts, drawn at random, is what is learned. An attempt without a strategy counts for
    none.
    """
    own = world_of(log, log.attempts)
    by_strategy = world_of(log, with_strategies(log))
    if own.table.problems != by_strategy.table.problems:
        raise ValueError("a problem has no attempt with a strategy")
    policies = {"pilotfish fast": lambda _rng: FastAdvisor(own.embeddings.shape[1])}
    result: dict[str, Any] = {}
    passes = [
        bandit.play(world, policies, ORDERS, 0)["pilotfish fast"]
        for world in (own, by_strategy)
    ]
    result["bandit"] = _compared(*(played.net.mean(1) for played in passes))
    result["bandit"]["abstained"] = [float(p.abstained.mean()) for p in passes]
    held = [
        full.cross_validate(world, policies, DIVISIONS, 0)["pilotfish fast"]
        for world in (own, by_strategy)
    ]
    result["full"] = _compared(*(each.success.mean(0) for each in held))
    result["full"]["abstained"] = [float(h.abstained.mean()) for h in held]
    result["best_single"] = [
        float(np.nanmean(best_single(world.table))) for world in (own, by_strategy)
    ]
    return result


def with_strategies(log: Named) -> list[LoggedAttempt]:
    """Return the attempts with strategies as approaches, problems in the log's order."""
    place = {problem: row for row, problem in enumerate(log.embeddings)}
    renamed = [
        attempt.model_copy(update={"approach": strategy})
        for attempt, strategy in zip(log.attempts, log.strategies, strict=True)
        if strategy
    ]
    return sorted(renamed, key=lambda attempt: place[attempt.problem])


def world_of(log: Named, attempts: Sequence[LoggedAttempt]) -> World:
    """Return the world of these attempts of the log; one of several at random is learned."""
    table = outcome_table(attempts)
    rng = np.random.default_rng(0)
    tried: dict[tuple[str, str], list[float]] = defaultdict(list)
    for attempt in attempts:
        tried[attempt.problem, attempt.approach].append(float(attempt.success or 0))
    labels = table.outcomes.copy()
    for row, column in np.argwhere(~np.isnan(labels)):
        key = table.problems[row], table.approaches[column]
        labels[row, column] = rng.choice(tried[key])
    rows = np.stack([log.embeddings[problem] for problem in table.problems])
    return World(table, rows, labels)


def _compared(
    own: NDArray[np.float64], by_strategy: NDArray[np.float64]
) -> dict[str, Any]:
    return {
        "named": round(float(own.mean()), 4),
        "found": round(float(by_strategy.mean()), 4),
        "difference": round(float((by_strategy - own).mean()), 4),
        "ci95": [round(end, 4) for end in interval(by_strategy - own)],
    }
