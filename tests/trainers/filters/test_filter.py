"""A filter on a dataset."""

from datetime import UTC, datetime

import pytest
from support.advice.worlds import attempts, rows, world

from pilotfish.runtime.settings import FilterName
from pilotfish.trainers.dataset import Dataset
from pilotfish.trainers.filters.filter import FILTERS, sift

MADE = world(100)
DATA = Dataset({}, tuple(attempts(MADE, 0.3)), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", FILTERS)
def test_only_what_may_be_looked_at_is_sifted(name: FilterName) -> None:
    among = range(150)
    sifted = sift(DATA, rows(MADE), name, among)
    kept = FILTERS[name](DATA.attempts[:150], rows(MADE)[:150])
    assert [one.worth for one in sifted.attempts[:150]] == kept.tolist()
    assert all(one.worth for one in sifted.attempts[150:])
    assert len(sifted.worth) == kept.sum() + 150


def test_everything_is_worth_learning_to_who_takes_everything() -> None:
    assert sift(DATA, rows(MADE), "everything", range(300)) == DATA
