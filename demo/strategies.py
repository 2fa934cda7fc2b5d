"""The strategies that were found while the demo ran, and how well they fit the solvers.

The agent alone knows which solver made which attempt. The platform saw moves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sklearn.metrics import adjusted_mutual_info_score

from pilotfish.demo.tally import Attempted
from pilotfish.runtime.clickhouse import ClickHouse

_STRATEGIES = """
SELECT strategy, name FROM strategies FINAL
WHERE tenant = {tenant:String} AND standing != 'merged' ORDER BY version, strategy
"""
_COUNTS = """
SELECT strategy, hint_approach, count(), countIf(p_success >= 0.5) FROM attempts_current
WHERE tenant = {tenant:String} GROUP BY strategy, hint_approach
"""
_ASSIGNED = """
SELECT attempt_id, strategy FROM attempts_current WHERE tenant = {tenant:String}
"""
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class FoundStrategy:
    """A strategy with its counts.

    Args:
        strategy: its id.
        name: its moves in short.
        attempts: those that used it, advised or not.
        successes: how many of these succeeded.
        advised: attempts to which it was advised.
        followed: how many of these used it.
    """

    strategy: str
    name: str
    attempts: int = 0
    successes: int = 0
    advised: int = 0
    followed: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """How well strategies fit the solvers.

    Args:
        ami: adjusted mutual information of solvers and strategies: 1 if each tells the
            other, 0 if they fit no better than by chance.
        solvers: the solver that made most of a strategy's attempts, by strategy.
        found: the solvers of which one strategy has most attempts, and that made most of
            the strategy's.
    """

    ami: float
    solvers: Mapping[str, str]
    found: tuple[str, ...]


def found_strategies(clickhouse: ClickHouse, tenant: str) -> tuple[FoundStrategy, ...]:
    """Return all strategies, the earliest first."""
    attempts: Counter[str] = Counter()
    successes: Counter[str] = Counter()
    advised: Counter[str] = Counter()
    followed: Counter[str] = Counter()
    of_tenant = {"tenant": tenant}
    for used, hinted, n, succeeded in clickhouse.query(_COUNTS, of_tenant):
        attempts[used] += n
        successes[used] += succeeded
        advised[hinted] += n
        followed[used] += n if used == hinted else 0
    return tuple(
        FoundStrategy(
            id_, name, attempts[id_], successes[id_], advised[id_], followed[id_]
        )
        for id_, name in clickhouse.query(_STRATEGIES, of_tenant)
    )


def assigned(clickhouse: ClickHouse, tenant: str) -> dict[str, str]:
    """Return the strategy of each attempt; empty where it has none."""
    return dict(clickhouse.query(_ASSIGNED, {"tenant": tenant}))


def fit(attempts: Iterable[Attempted], strategies: Mapping[str, str]) -> Fit:
    """Compare the solvers of attempts with their strategies, by id; no attempt is left out."""
    pairs = [(a.approach, strategies.get(a.attempt_id, "")) for a in attempts]
    if not pairs:
        return Fit(0.0, {}, ())
    by_strategy: dict[str, Counter[str]] = defaultdict(Counter)
    for solver, strategy in pairs:
        if strategy:
            by_strategy[strategy][solver] += 1
    of_solver = Counter(solver for solver, _ in pairs)
    solvers = {id_: by.most_common(1)[0][0] for id_, by in by_strategy.items()}
    found = {
        solver
        for id_, solver in solvers.items()
        if by_strategy[id_][solver] > _MOST * by_strategy[id_].total()
        and by_strategy[id_][solver] > _MOST * of_solver[solver]
    }
    ami = float(adjusted_mutual_info_score(*zip(*pairs, strict=True)))
    return Fit(ami, solvers, tuple(sorted(found)))
