"""What an install needs to train, and how it says that it cannot."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

from pilotfish.trainers import training_packages
from pilotfish.trainers.training_packages import MODULES, trainings_off

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())


def test_every_module_is_one_that_the_extra_brings() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["train"]
    brought = {re.split(r"[<>=]", requirement)[0] for requirement in extra}
    owners = importlib.metadata.packages_distributions()
    assert [module for module in MODULES if not set(owners[module]) & brought] == []


def test_a_complete_install_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trainings_off() == ""
    monkeypatch.setattr(training_packages, "MODULES", ("no_such_module", "sys"))
    said = trainings_off()
    assert said.startswith("no_such_module not installed; ")
    assert said.endswith("pip install 'pilotfish[services,train]'")
