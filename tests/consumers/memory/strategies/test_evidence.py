"""The effect of advice on the treated: against held-out attempts that are alike."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish.consumers.memory.strategies.evidence import Effect, effects
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import micros, utc_now

Success = Callable[[bool, bool], float]
"""P(success) by whether the problem is of kind A, and whether advice was given."""

ATTEMPTS = (
    "tenant", "attempt_id", "version", "status", "p_success", "hint_request_id",
    "hint_approach", "hint_holdout",
)  # fmt: skip
HINTS = ("tenant", "request_id", "attempt_id", "at", "holdout", "candidates")
STRATEGIES = ("tenant", "strategy", "standing", "version")
DRAWN = {True: 0.9, False: 0.1}
"""How often the strategy is advised on problems of kind A, and on the others."""


def write(settings: Settings, success: Success, count: int = 4000) -> None:
    """Write attempts that were advised "s" or "other", every fifth held out."""
    rng = random.Random(7)
    attempts: list[tuple[Any, ...]] = []
    hints: list[tuple[Any, ...]] = []
    for n in range(count):
        kind_a, held_out = rng.random() < 0.5, n % 5 == 0
        drawn = DRAWN[kind_a]
        advised = "" if held_out else "s" if rng.random() < drawn else "other"
        succeeded = float(rng.random() < success(kind_a, advised == "s"))
        id_ = f"a{n}"
        attempts.append(
            (
                settings.tenant,
                id_,
                1,
                "succeeded",
                succeeded,
                f"r{n}",
                advised,
                held_out,
            )
        )
        candidates = [("s", 0.5, drawn), ("other", 0.5, 1 - drawn)]
        at = micros(utc_now())
        hints.append((settings.tenant, f"r{n}", id_, at, held_out, candidates))
    clickhouse = ClickHouse(settings)
    clickhouse.insert("attempts", ATTEMPTS, attempts)
    clickhouse.insert("hints", HINTS, hints)
    strategies = [(settings.tenant, name, "offered", 1) for name in ("s", "other")]
    clickhouse.insert("strategies", STRATEGIES, strategies)


def test_a_strategy_that_helps_has_its_effect_whatever_it_is_advised_for(
    settings: Settings,
) -> None:
    """On A nearly everything fails, so a plain difference would be negative."""
    write(settings, lambda kind_a, advised: (0.1 if kind_a else 0.9) + 0.1 * advised)
    effect = effects(ClickHouse(settings), settings.tenant)["s"]
    assert effect.low < 0.1 < effect.high and effect.high - effect.low < 0.15
    assert not effect.is_no_gain


def test_a_strategy_that_only_seems_good_is_no_gain(settings: Settings) -> None:
    """On A nearly everything succeeds, so the strategy's share of successes is high."""
    write(settings, lambda kind_a, advised: (0.9 if kind_a else 0.1) - 0.1 * advised)
    effect = effects(ClickHouse(settings), settings.tenant)["s"]
    assert effect.advised_success > 0.6
    assert effect.is_no_gain
    assert "advised in " in str(effect) and "of such attempts without advice" in str(
        effect
    )


@pytest.mark.parametrize(
    ("advised", "held_out"), [(99, 1000), (1000, 29)], ids=["advised", "held out"]
)
def test_few_attempts_show_nothing(advised: int, held_out: int) -> None:
    harmful = Effect(advised, 0.0, held_out, 1.0, -1.0, -0.9)
    assert not harmful.is_no_gain


def test_a_tenant_without_hints_has_no_effects(settings: Settings) -> None:
    assert effects(ClickHouse(settings), settings.tenant) == {}
