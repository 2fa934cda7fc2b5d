"""The last row of `make faults` in short: a trainer killed once at each stage."""

from dataclasses import replace

import pytest
from faults import trainings
from faults.findings import Findings
from faults.processes import Platform, customised
from faults.rounds import Play
from support.advice.small_base import SmallBase


@pytest.mark.slow(80)
def test_a_trainer_killed_at_each_stage_leaves_nothing_behind(
    platform: Platform, small_base: SmallBase
) -> None:
    """On a small model, which stands still at each stage until it is killed."""
    settings = small_base.chosen(platform.settings)
    environment = customised("stages", **small_base.environment)
    platform = replace(platform, settings=settings, environment=environment)
    result = trainings.run(platform, Play(rounds=1, attempts=0, seed=1, say=print))
    assert not result.trouble, result
    assert result.found == Findings()
