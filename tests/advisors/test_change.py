import numpy as np
import pytest

from pilotfish.advisors.change import ChangeWatch


def labels_until_alarm(expected: float, chance: float, most: int, seed: int) -> int:
    rng, watch = np.random.default_rng(seed), ChangeWatch()
    for number in range(most):
        if watch.changed(float(rng.random() < chance) - expected):
            return number + 1
    return most


def test_honest_predictions_raise_no_alarm() -> None:
    for chance in (0.1, 0.3, 0.5, 0.9):
        assert labels_until_alarm(chance, chance, 20_000, 1) == 20_000


@pytest.mark.parametrize(("before", "after"), [(0.3, 0.6), (0.8, 0.2)])
def test_a_change_is_found_soon(before: float, after: float) -> None:
    delays = [labels_until_alarm(before, after, 1000, seed) for seed in range(20)]
    assert np.mean(delays) < 20 / (abs(after - before) - 0.1)


def test_after_an_alarm_it_watches_anew() -> None:
    watch = ChangeWatch()
    alarms = [watch.changed(1.0) for _ in range(40)]
    assert sum(alarms) == watch.alarms == 2
    again = ChangeWatch(watch.state)
    assert again.alarms == 2
