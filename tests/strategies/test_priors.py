"""What an archive says of strategies: against the others, on the same kind, by the same model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategy_archives import archive, count, kind, strategy

from pilotfish.schemas.strategies import DIM, MOST_KINDS, MOST_WORTH
from pilotfish.schemas.strategy_archive import Count, Kind, StrategyArchive
from pilotfish.strategies.priors import imported

SUMS = kind("sums", 100, 50)
MAPS = kind("maps", 100, 50)


def seen(of: Kind, axis: int, encoder: str = "minilm") -> Kind:
    """The kind with its mean on this axis."""
    mean = tuple(np.eye(DIM)[axis].tolist())
    return of.model_copy(update={"centroid": mean, "encoder": encoder})


def of_two(*counts: Count, kinds: tuple[Kind, ...] = (SUMS, MAPS)) -> StrategyArchive:
    return archive(kinds, [strategy("look"), strategy("guess")], counts)


def test_a_strategy_counts_by_how_much_better_than_all_it_is() -> None:
    known = imported(of_two(count(SUMS, "look", 50, 45), count(SUMS, "guess", 50, 15)))
    assert known["look"].gain == pytest.approx(0.3)
    assert known["guess"].gain == pytest.approx(-0.3)
    assert known["look"].worth == known["guess"].worth == MOST_WORTH


def test_neither_easier_problems_nor_a_better_model_count_for_it() -> None:
    """`look` did what was easy, with the better model; on each, both did the same."""
    easy = count(SUMS, "look", 90, 81), count(SUMS, "guess", 10, 9)
    hard = count(MAPS, "look", 10, 1), count(MAPS, "guess", 90, 9)
    known = imported(of_two(*easy, *hard))
    assert known["look"].gain == known["guess"].gain == 0
    good = count(SUMS, "look", 90, 81, "good"), count(SUMS, "guess", 10, 9, "good")
    poor = count(SUMS, "look", 10, 1, "poor"), count(SUMS, "guess", 90, 9, "poor")
    assert imported(of_two(*good, *poor))["look"].gain == 0


def test_a_few_attempts_count_as_few_and_what_was_not_compared_as_none() -> None:
    few = imported(of_two(count(SUMS, "look", 5, 5), count(SUMS, "guess", 20, 0)))
    assert few["look"].worth == pytest.approx(4)
    alone = imported(of_two(count(SUMS, "look", 500, 500)))
    assert (alone["look"].gain, alone["look"].worth) == (0, 0)
    assert alone["guess"].worth == 0


def test_kinds_that_differ_count_for_themselves() -> None:
    kinds = seen(SUMS, 0), seen(MAPS, 1)
    counts = [count(SUMS, "look", 100, 90), count(SUMS, "guess", 100, 10)]
    counts += [count(MAPS, "look", 100, 10), count(MAPS, "guess", 100, 90)]
    look = imported(of_two(*counts, kinds=kinds))["look"]
    assert (look.encoder, look.gain, look.worth) == ("minilm", 0, MOST_WORTH)
    # The largest come first, at equal sizes by id: maps, then sums.
    maps, sums = look.kinds
    assert sums.gain == pytest.approx(0.4, abs=0.01) == -maps.gain
    assert maps.worth == sums.worth == MOST_WORTH
    assert [np.argmax(each.mean) for each in look.kinds] == [1, 0]


def test_where_kinds_differ_by_luck_only_each_is_told_what_is_known_of_all() -> None:
    rng = np.random.default_rng(0)
    kinds = [seen(SUMS.model_copy(update={"group_id": f"g{n}"}), n) for n in range(24)]
    counts = [
        count(of, name, 12, int(rng.binomial(12, share)))
        for of in kinds
        for name, share in (("look", 0.6), ("guess", 0.4))
    ]
    look = imported(of_two(*counts, kinds=tuple(kinds)))["look"]
    own = [
        (b.successes - a.successes) / 24
        for b, a in zip(counts[::2], counts[1::2], strict=True)
    ]
    assert np.std([each.gain for each in look.kinds]) < np.std(own) / 2
    assert look.gain == pytest.approx(0.1, abs=0.05)


def test_only_kinds_that_one_encoder_can_recognise_come_along() -> None:
    kinds = seen(SUMS, 0), seen(MAPS, 1, "other")
    short = kind("words", 999, 1).model_copy(update={"centroid": (1.0, 0.0)})
    known = imported(of_two(kinds=(*kinds, short)))["look"]
    assert (known.encoder, len(known.kinds)) == ("other", 1)
    many = [
        seen(kind("many", n, 0).model_copy(update={"group_id": f"g{n}"}), 0)
        for n in range(MOST_KINDS + 5)
    ]
    assert len(imported(of_two(kinds=tuple(many)))["look"].kinds) == MOST_KINDS


tables = st.lists(
    st.tuples(st.integers(1, 300), st.floats(0, 1)), min_size=2, max_size=6
)


@given(st.lists(tables, min_size=1, max_size=4))
def test_it_is_worth_eight_attempts_at_most_and_gains_nothing_on_balance(
    strata: list[list[tuple[int, float]]],
) -> None:
    kinds = [seen(kind(f"{'abcd'[n]}", 50, 25), n) for n in range(len(strata))]
    counts = [
        count(of, f"s{n}", attempts, round(attempts * share))
        for of, table in zip(kinds, strata, strict=True)
        for n, (attempts, share) in enumerate(table)
    ]
    names = sorted({each.strategy for each in counts})
    known = imported(archive(kinds, [strategy(name) for name in names], counts))
    for each in known.values():
        assert each.worth <= MOST_WORTH and len(each.kinds) == len(kinds)
        assert all(of_kind.worth <= MOST_WORTH for of_kind in each.kinds)
    if len(strata) == 1:
        sizes = {each.strategy: each.attempts for each in counts}
        balance = sum(sizes[name] * known[name].gain for name in names)
        assert abs(balance) <= 1e-3 * sum(sizes.values())
