"""The last row of `make faults` in short: a trainer killed once at each stage."""

from dataclasses import replace
from pathlib import Path

import pytest
from advice.tiny_models import save_tiny_model
from faults import trainings
from faults.findings import Findings
from faults.processes import Platform, customised
from faults.rounds import Play


@pytest.mark.slow(80)
@pytest.mark.timeout(600)
def test_a_trainer_killed_at_each_stage_leaves_nothing_behind(
    platform: Platform, tmp_path: Path
) -> None:
    """On a small model, which stands still at each stage until it is killed."""
    small = {"base_model": str(save_tiny_model("bert", tmp_path / "bert"))}
    settings = platform.settings.model_copy(update=small)
    environment = customised("stages", HOME=str(tmp_path))
    platform = replace(platform, settings=settings, environment=environment)
    result = trainings.run(platform, Play(rounds=1, attempts=0, seed=1, say=print))
    assert not result.trouble, result
    assert result.found == Findings()
