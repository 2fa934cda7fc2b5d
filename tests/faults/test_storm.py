"""Every fault of the table of `make faults`, in short: all zeros."""

import pytest
from faults import storm, trainings
from faults.findings import Findings
from faults.processes import Platform
from faults.rounds import Play

SLOWEST_S = 1.0
"""Longer than that no agent may wait for the SDK, whatever happens to the platform."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_in_a_storm_of_faults_nothing_is_lost_doubled_or_wrong(
    platform: Platform,
) -> None:
    result = storm.run(platform, seed=1, say=print)
    assert not result.trouble, result
    assert result.found == Findings()
    assert result.slowest_s < SLOWEST_S


def test_a_trainer_killed_at_each_stage_leaves_nothing_behind(
    platform: Platform,
) -> None:
    result = trainings.run(platform, Play(rounds=1, attempts=0, seed=1, say=print))
    assert not result.trouble, result
    assert result.found == Findings()
