"""Measures strategies that nobody named: benchmarks/strategies.py, or make bench-strategies.

1. Strategies found on two public logs, against the hidden names of the approaches.
2. Advice by found strategies against advice by named approaches.
3. Whether a scripted model follows lines of strategies as it follows names.
4. What is advised in the middle of an attempt, and what is if outcomes are shuffled.
5. What is called helpful if outcomes are shuffled.
6. An agent whose hidden rule is known: signs and intervals of effects, 50 seeds.
7. What an attempt costs in a month of 100,000.
8. The settings, on made-up agents and on the logs.
9. What an import saves another tenant, and what it costs where nothing carries over.

Writes benchmarks/strategies.json and benchmarks/strategies.md, in half an hour. With
names of parts as arguments, such as "hidden rule", only these are measured again.
"""

import json
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import strategy_effects
import strategy_following
import strategy_logs
import strategy_next
import strategy_portability
import strategy_settings
import strategy_tenants
from strategy_page import page

from pilotfish.evaluation.made_up_agents import (
    KINDS,
    draw_behaviours,
    draw_checking,
    true_effect,
)
from pilotfish.strategies.effects import effects
from pilotfish.strategies.finding import MOST_PATTERNS, found
from pilotfish.strategies.patterns import Pattern, pattern_of

HERE = Path(__file__).parent
RESULTS = HERE / "strategies.json"
SEEDS = 50
MONTH = 100_000
EVERY = 2000
"""Attempts after which strategies are found again."""


def main() -> None:
    """Measure all parts, or the named ones, one after the other."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in sys.argv[1:] or PARTS:
        results[part] = PARTS[part]()
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        (HERE / "strategies.md").write_text(page(results))


def agreement() -> dict[str, Any]:
    """Return how found strategies agree with the hidden names."""
    return {
        name: strategy_logs.agreement(strategy_logs.named(file))
        for name, file in strategy_logs.LOGS.items()
    }


def hidden_rule() -> dict[str, Any]:
    """Return how the effects of checking first were found, by kind of problem."""
    return {kind: _of_kind(kind) for kind in KINDS}


def _of_kind(kind: str) -> dict[str, Any]:
    truth, found_effects, plain = true_effect(kind), [], []
    for seed in range(SEEDS):
        drawn = draw_checking(kind, 2000 // len(KINDS), seed)
        found_effects.append(effects(drawn.attempts, {"it": drawn.checked})["it"])
        success = drawn.attempts.p_success
        plain.append(success[drawn.checked].mean() - success[~drawn.checked].mean())
    return {
        "seeds": SEEDS,
        "truth": round(truth, 3),
        "unadjusted": round(float(np.mean(plain)), 3),
        "mean": round(float(np.mean([e.difference for e in found_effects])), 3),
        "right_sign": sum(e.difference * truth > 0 for e in found_effects),
        "covered": sum(e.low <= truth <= e.high for e in found_effects),
    }


def month() -> dict[str, Any]:
    """Return what an attempt costs, with few patterns and with ever new ones."""
    few, _ = draw_behaviours(8, MONTH, 0.05, seed=0)
    rng = np.random.default_rng(0)
    new = [tuple(f"t{n}" for n in rng.integers(0, 200, 6)) for _ in range(MONTH)]
    return {"ordinary": _month(few), "ever new": _month(new)}


def _month(attempts: list[tuple[str, ...]]) -> dict[str, Any]:
    known = dict.fromkeys(attempts[:MOST_PATTERNS], "x")
    looked_up_s = _timed(lambda: [known.get(moves, "") for moves in attempts])
    table: Counter[Pattern] = Counter()
    result, assigning, finding = found({}, {}), [], []
    for first in range(0, MONTH, EVERY):
        batch = attempts[first : first + EVERY]
        begun = time.perf_counter()
        for moves in batch:
            result.strategies.get(pattern_of(moves), "")
        assigning.append(time.perf_counter() - begun)
        table.update(map(pattern_of, batch))
        read, before = _read(table), result.strategies
        begun = time.perf_counter()
        result = found(read, before)
        finding.append(time.perf_counter() - begun)
    read = _read(table)
    tracemalloc.start()
    found(read, result.strategies)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "attempts": MONTH,
        "assign_ms": round(1e3 * sum(assigning) / MONTH, 5),
        "to_look_ups": round(sum(assigning) / looked_up_s, 1),
        "with_finding_ms": round(1e3 * sum(assigning + finding) / MONTH, 4),
        "slowest_finding_s": round(max(finding), 2),
        "patterns": len(table),
        "clustered": min(len(table), MOST_PATTERNS),
        "strategies": len(result.attempts),
        "peak_mb": round(peak / 1e6, 1),
    }


def _read(table: Counter[Pattern]) -> dict[Pattern, int]:
    """Return what the memory reads of its table: twice what is clustered at most."""
    return dict(table.most_common(2 * MOST_PATTERNS))


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def settings() -> dict[str, Any]:
    """Return the settings on made-up agents and on the logs."""
    worlds = {}
    for name, file in strategy_logs.LOGS.items():
        log = strategy_logs.named(file)
        hidden = [attempt.approach for attempt in log.attempts]
        worlds[name] = strategy_settings.World(log.patterns, hidden)
    return strategy_settings.measured(worlds)


def portability() -> dict[str, Any]:
    """Return what imports are worth, by what carries over."""
    return {
        name: strategy_portability.measured(divisions)
        for name, divisions in strategy_tenants.cases().items()
    }


def _on_intercode(
    measured: Callable[[strategy_logs.Named], dict[str, Any]],
) -> Callable[[], dict[str, Any]]:
    return lambda: measured(strategy_logs.named(strategy_logs.LOGS["intercode_sql"]))


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "agreement": agreement,
    "advice": _on_intercode(strategy_logs.advice),
    "following": _on_intercode(strategy_following.measured),
    "middle": _on_intercode(strategy_next.measured),
    "shuffled": _on_intercode(strategy_effects.measured),
    "hidden rule": hidden_rule,
    "month": month,
    "settings": settings,
    "portability": portability,
}


if __name__ == "__main__":
    main()
