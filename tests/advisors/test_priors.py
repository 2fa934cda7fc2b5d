"""Imported knowledge in what is expected; what a tenant's own attempts say outweighs it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from support.advice.tiny import DIM as OWN_DIM

from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import TEMPER, propensities
from pilotfish.advisors.priors import Expected, ImportedPrior, expected
from pilotfish.schemas.strategies import DIM, Imported, KindPrior, Prior

ROW = np.eye(OWN_DIM, dtype=np.float32)[0]
NAMES = ["look", "guess"]
GOOD = Prior(gain=0.2, worth=8)
BAD = Prior(gain=-0.2, worth=8)


def axis(number: int, length: float = 1.0) -> NDArray[np.float32]:
    return np.asarray(length * np.eye(DIM)[number], np.float32)


def of_kinds(*means: NDArray[np.float32]) -> Imported:
    """Kind n has a gain of n tenths; the strategy as a whole has -0.5."""
    kinds = [
        KindPrior(gain=n / 10, worth=6, mean=tuple(mean.tolist()))
        for n, mean in enumerate(means)
    ]
    return Imported(gain=-0.5, worth=8, encoder="e", kinds=tuple(kinds))


def prior_of(known: Imported, problem: NDArray[np.float32] | None) -> Prior:
    return ImportedPrior(known).of(problem)


def asked(head: FastHead, **priors: Prior) -> Expected:
    return expected(head, ROW, "", NAMES, priors)


def test_the_nearest_kind_counts_where_a_problem_is_of_one() -> None:
    known = of_kinds(axis(0, 0.5), axis(1, 0.5))
    assert prior_of(known, axis(1)).gain == pytest.approx(0.1)
    assert prior_of(known, axis(0)).gain == 0


def test_elsewhere_and_by_another_encoder_the_strategy_counts_as_a_whole() -> None:
    known = of_kinds(axis(0, 0.5), axis(1, 0.5))
    assert prior_of(known, axis(2)).gain == -0.5
    assert prior_of(known, None).gain == -0.5
    assert prior_of(of_kinds(), axis(0)).gain == -0.5
    short = KindPrior(gain=0.1, worth=6, mean=(1.0, 0.0))
    odd = known.model_copy(update={"kinds": (short,)})
    assert prior_of(odd, axis(0)).gain == -0.5


def test_without_an_import_nothing_changes() -> None:
    head = FastHead(OWN_DIM)
    head.learn(ROW, "", "look", 1.0)
    plain = head.predict(ROW, "", NAMES)
    for priors in ({}, {"another": GOOD}):
        found = expected(head, ROW, "", NAMES, priors)
        assert np.array_equal(found.means, plain[0])
        assert np.array_equal(found.sds, plain[1])
        assert not found.imported.any()


def test_an_import_moves_what_is_expected_and_not_how_sure_it_is() -> None:
    head = FastHead(OWN_DIM)
    found = asked(head, look=GOOD, guess=BAD)
    assert found.means[0] > 0.65 and found.means[1] < 0.35
    assert np.array_equal(found.sds, head.predict(ROW, "", NAMES)[1])
    half = asked(head, look=Prior(gain=0.2, worth=2))
    assert half.imported.tolist() == [0.5, 0]
    assert half.means.tolist() == pytest.approx([0.6, 0.5])


@pytest.mark.parametrize(("looks", "guesses"), [(0, 0), (1, 0), (0, 9), (40, 5)])
def test_it_counts_as_eight_attempts_beside_the_tenants_own(
    looks: int, guesses: int
) -> None:
    head = FastHead(OWN_DIM)
    for name, times in zip(NAMES, (looks, guesses), strict=True):
        for number in range(times):
            head.learn(ROW, "", name, float(number % 2))
    found = asked(head, look=GOOD, guess=BAD)
    common = (looks + guesses) / 2
    most = [8 / (8 + max(own, common)) for own in (looks, guesses)]
    assert np.all(found.imported <= most)


def test_where_what_was_advised_first_disappoints_the_rest_counts_less_too() -> None:
    head = FastHead(OWN_DIM)
    before = asked(head, look=GOOD, guess=BAD).imported[1]
    for _ in range(100):
        head.learn(ROW, "", "look", 0.0)
    after = asked(head, look=GOOD, guess=BAD)
    assert after.imported[1] < before / 2
    assert propensities(after.means, TEMPER * after.sds)[1] > 0.25


def test_of_a_strategy_that_has_changed_nothing_is_known_any_more() -> None:
    head = FastHead(OWN_DIM)
    for number in range(300):
        head.learn(ROW, "", "look", float(number < 150))
    assert head.changes("look") and head.attempts("look") < 200
    found = asked(head, look=GOOD)
    assert not found.imported.any()
