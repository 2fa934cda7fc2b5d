"""Whole trainings against real Kafka and ClickHouse, in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.advice.attempts import store_attempts
from support.advice.small_base import SmallBase

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.store import BASE_TENANT, ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import progress
from pilotfish.runtime.promotions import in_service
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base_build import build

Serve = Callable[[Bundle], Bundle]


@contextmanager
def started(
    settings: Settings, launcher: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *launcher, "-m", "pilotfish.trainers", "--json"],
        env={
            **os.environ,
            "HOME": str(Path(settings.base_model).parent),  # where its bundle is kept
            "OMP_NUM_THREADS": "1",
            "PILOTFISH_TENANT": settings.tenant,
            "PILOTFISH_HOME": str(settings.home),
            "PILOTFISH_KAFKA": settings.kafka,
            "PILOTFISH_CLICKHOUSE": settings.clickhouse,
            "PILOTFISH_BASE_MODEL": settings.base_model,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def bundles(settings: Settings) -> list[str]:
    folder = settings.models / settings.tenant
    return sorted(path.parent.name for path in folder.glob("*/card.json"))


@pytest.fixture
def settings(settings: Settings, small_base: SmallBase) -> Settings:
    """With a base model of two layers; `make faults` trains one as users do."""
    return small_base.chosen(settings)


@pytest.fixture
def small_serving(settings: Settings, serve: Serve) -> Bundle:
    place = ModelStore(settings.models).path(BASE_TENANT, "small")
    build(settings.base_model, "small", place)
    return serve(ModelStore(settings.models).bundle(BASE_TENANT, "small"))


@pytest.mark.slow
def test_a_training_ends_in_a_verdict_a_bundle_and_an_announcement(
    settings: Settings,
) -> None:
    store_attempts(settings, 300, noise=False)
    with started(settings) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    told = json.loads(out)

    row = ClickHouse(settings).query(
        "SELECT status, verdict, version, attempts, metrics FROM trainings FINAL "
        "WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )
    assert [one[:4] for one in row] == [
        ("finished", told["verdict"], told["version"], 300)
    ]
    assert {"candidate", "incumbent", "gate"} <= set(json.loads(row[0][4]))
    reached = progress(ClickHouse(settings), settings.tenant)
    assert (reached.new_labels, reached.watermark) == (0, {0: 74, 1: 74, 2: 74, 3: 74})

    made = ModelStore(settings.models).bundle(settings.tenant, told["version"])
    everyone = ClickHouse(settings).query(
        "SELECT attempt_id FROM attempts FINAL WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )
    # Where labels are right and the text tells them, few are doubted.
    assert set(made.card.left_out) <= {attempt_id for (attempt_id,) in everyone}
    assert len(made.card.left_out) < 100
    serving = in_service(settings).get(settings.tenant)
    if told["verdict"] == "promoted":
        assert serving is not None
        bundle.load(made.path, serving.checksum)
        assert serving.version == told["version"]
    else:
        assert serving is None
    assert "training progress" in err
    state = json.loads(
        (settings.models / settings.tenant / "training.json").read_text()
    )
    assert state["stage"] == told["verdict"]


@pytest.mark.slow
def test_outcomes_without_a_pattern_leave_the_incumbent_in_service(
    settings: Settings, small_serving: Bundle
) -> None:
    store_attempts(settings, 300, noise=True)
    with started(settings) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out)["verdict"] == "refused"
    assert in_service(settings)[settings.tenant].checksum == small_serving.checksum


@pytest.mark.slow
def test_a_second_training_of_the_tenant_finds_it_busy(settings: Settings) -> None:
    store_attempts(settings, 60, noise=False)
    with (
        ModelStore(settings.models).training_lock(settings.tenant),
        started(settings) as second,
    ):
        second.communicate()
        assert second.returncode == 75


TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.mark.slow
def test_two_processes_under_torchrun_make_one_training(settings: Settings) -> None:
    store_attempts(settings, 300, noise=False)
    with started(settings, TORCHRUN) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    told = json.loads(out.splitlines()[-1])
    assert bundles(settings) == [told["version"]]
    rows = ClickHouse(settings).query(
        "SELECT status FROM trainings FINAL WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )
    assert rows == [("finished",)]


def test_too_few_attempts_are_refused_and_counted(settings: Settings) -> None:
    store_attempts(settings, 20, noise=False)
    with started(settings) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    told = json.loads(out)
    assert (told["verdict"], told["version"]) == ("refused", "")
    assert "needed" in told["reason"]
    assert progress(ClickHouse(settings), settings.tenant).new_labels == 0
