import sys
from pathlib import Path

import pytest
from support.polling import eventually

from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.trigger.training_process import TrainingProcess
from pilotfish.runtime.settings import Settings

TRAINERS = Path(__file__).parents[3] / "trainers"


@pytest.mark.slow
def test_a_training_that_finds_the_tenant_locked_is_busy(settings: Settings) -> None:
    with ModelStore(settings.models).training_lock(settings.tenant):
        training = TrainingProcess(settings, settings.tenant)
        assert training.outcome() is None
        eventually(training.outcome, "busy")
    assert training.outcome() == "busy"


@pytest.mark.slow
def test_a_training_with_nothing_to_learn_is_done(settings: Settings) -> None:
    training = TrainingProcess(settings, settings.tenant)
    eventually(training.outcome, "done")  # refused, and that is a verdict


@pytest.mark.slow
def test_a_training_without_clickhouse_has_failed(settings: Settings) -> None:
    unreachable = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    training = TrainingProcess(unreachable, settings.tenant)
    eventually(training.outcome, "failed")


def test_a_training_ends_on_request_even_if_it_ignores_signals(
    settings: Settings,
) -> None:
    training = TrainingProcess(settings, settings.tenant)
    assert Path(f"/proc/{training.pid}").exists() or sys.platform != "linux"
    training.end(timeout_s=2.0)
    assert training.outcome() == "failed"
