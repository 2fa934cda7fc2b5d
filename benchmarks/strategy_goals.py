"""The goals of `make bench-strategies`, and whether each is met."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Results = Mapping[str, Any]


def goals(results: Results) -> Iterator[Sequence[str]]:
    """Yield a row for each goal of what was measured so far."""
    for part, rows in _GOALS.items():
        if part in results:
            yield from rows(results[part])


def _goal(what: str, measured: str, must: str, *, met: bool) -> Sequence[str]:
    return what, measured, must, "yes" if met else "**no**"


def _agreement_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, log in part.items():
        what = f"{name}: AMI of strategies and hidden names"
        yield _goal(what, f"{log['ami']:.3f}", "at least 0.75", met=log["ami"] >= 0.75)


def _advice_goals(part: Results) -> Iterator[Sequence[str]]:
    for protocol in ("bandit", "full"):
        lost = -part[protocol]["difference"]
        what = f"{protocol}: success that advice by strategies loses"
        yield _goal(what, f"{lost:+.3f}", "at most 0.02", met=lost <= 0.02)


def _shuffled_goals(part: Results) -> Iterator[Sequence[str]]:
    kept = part["retained_if_shuffled"]
    what = f"outcomes shuffled, {part['shuffles']} seeds: helpful strategies"
    yield _goal(what, str(kept), "at most 1", met=kept <= 1)


def _rule_goals(part: Results) -> Iterator[Sequence[str]]:
    for kind, of_kind in part.items():
        seeds = of_kind["seeds"]
        for name, what in (("right_sign", "right sign"), ("covered", "truth covered")):
            share = of_kind[name] / seeds
            line = f"hidden rule that {kind}, {seeds} seeds: {what}"
            must = 1.0 if name == "right_sign" else 0.9
            yield _goal(line, f"{share:.0%}", f"at least {must:.0%}", met=share >= must)


def _month_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, of_month in part.items():
        cost = of_month["with_finding_ms"]
        what = f"100,000 attempts with {name} beginnings: ms an attempt"
        yield _goal(what, f"{cost:.3f}", "at most 2", met=cost <= 2)


def _following_goals(part: Results) -> Iterator[Sequence[str]]:
    named, *found = part["followed"].items()
    for kind, followed in found:
        what = f"a model that obeys with {part['obeys']:.0%}, {kind}: followed"
        must = f"at least {named[1]:.1%}, as {named[0]}"
        yield _goal(what, f"{followed:.1%}", must, met=followed >= named[1])


def _portability_goals(part: Results) -> Iterator[Sequence[str]]:
    for name, case in part.items():
        low = case["import"]["ci95"][0]
        what = f"import, {name}: success it adds, lower end of 95 %"
        yield _goal(what, f"{low:+.3f}", "above 0", met=low > 0)
    for name, case in part.items():
        lost = -case["shuffled"]["difference"]
        what = f"import of shuffled outcomes, {name}: success it loses"
        yield _goal(what, f"{lost:+.3f}", "at most 0.01", met=lost <= 0.01)


_GOALS: Mapping[str, Callable[[Results], Iterator[Sequence[str]]]] = {
    "agreement": _agreement_goals,
    "advice": _advice_goals,
    "following": _following_goals,
    "shuffled": _shuffled_goals,
    "hidden rule": _rule_goals,
    "month": _month_goals,
    "portability": _portability_goals,
}
