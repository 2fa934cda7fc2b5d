import os
import sys
from pathlib import Path

import psutil
import pytest
from support.polling import eventually

from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.trigger.training_process import TrainingProcesses
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

TRAINERS = Path(__file__).parents[3] / "trainers"


@pytest.mark.slow
def test_a_training_that_finds_the_tenant_locked_is_busy(settings: Settings) -> None:
    with ModelStore(settings.models).training_lock(settings.tenant):
        training = TrainingProcesses(settings).start(settings.tenant)
        assert training.outcome() is None
        eventually(training.outcome, "busy")
    assert training.outcome() == "busy"


@pytest.mark.slow
def test_a_training_with_nothing_to_learn_is_done(settings: Settings) -> None:
    training = TrainingProcesses(settings).start(settings.tenant)
    eventually(training.outcome, "done")  # refused, and that is a verdict


@pytest.mark.slow
def test_a_training_without_clickhouse_has_failed(settings: Settings) -> None:
    unreachable = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    training = TrainingProcesses(unreachable).start(settings.tenant)
    eventually(training.outcome, "failed")


WITHOUT_TORCH = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name in ("torch", "peft") else real(name, package)
)
"""


def test_a_training_without_its_extra_is_one_line_and_no_record(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_TORCH)
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), before]))
    training = TrainingProcesses(settings).start(settings.tenant)
    eventually(training.outcome, "unequipped")
    [line] = capfd.readouterr().err.splitlines()
    assert line == (
        "peft, torch not installed; for trainings, pip install 'pilotfish[services,train]'"
    )
    query = "SELECT count() FROM trainings WHERE tenant = {t:String}"
    assert ClickHouse(settings).query(query, {"t": settings.tenant}) == [(0,)]


def test_a_training_ends_on_request_even_if_it_ignores_signals(
    settings: Settings,
) -> None:
    training = TrainingProcesses(settings).start(settings.tenant)
    assert Path(f"/proc/{training.pid}").exists() or sys.platform != "linux"
    training.end(timeout_s=2.0)
    assert training.outcome() == "failed"


@pytest.mark.slow
def test_a_loaded_process_trains_whom_it_is_told(settings: Settings) -> None:
    processes = TrainingProcesses(settings)
    processes.load()
    [loaded] = children()
    processes.load()
    assert children() == [loaded]
    training = processes.start("told")
    assert training.pid == loaded.pid
    eventually(training.outcome, "done")
    query = "SELECT count() FROM trainings WHERE tenant = {t:String}"
    assert ClickHouse(settings).query(query, {"t": "told"}) != [(0,)]


def test_a_loaded_process_that_died_is_replaced(settings: Settings) -> None:
    processes = TrainingProcesses(settings)
    processes.load()
    [loaded] = children()
    loaded.kill()
    eventually(loaded.status, psutil.STATUS_ZOMBIE)
    training = processes.start(settings.tenant)
    assert training.pid != loaded.pid
    training.end(timeout_s=2.0)


def test_what_was_loaded_ends_with_the_trigger_or_when_it_is_not_due(
    settings: Settings,
) -> None:
    processes = TrainingProcesses(settings)
    processes.load()
    assert children()
    processes.unload()
    assert children() == []
    processes.unload()


def children() -> list[psutil.Process]:
    """Return the trainers that this process has started and waited for."""
    found = psutil.Process().children()
    return [one for one in found if "pilotfish.trainers" in one.cmdline()]
