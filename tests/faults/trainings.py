"""The trainer killed at each stage: the next one goes on as if it had never been."""

import json
import random
import time
from collections import Counter
from contextlib import suppress

from faults.findings import Findings
from faults.processes import Platform, Service, logs
from faults.rounds import Play, Result
from faults.topics import messages
from support.advice.attempts import store_attempts

from pilotfish.advisors.bundle import CARD
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import new_labels
from pilotfish.schemas.advisors import AdvisorPromoted
from pilotfish.schemas.errors import BundleError, TrainingBusyError
from pilotfish.schemas.topics import ADVISORS

STAGES = ("dataset", "embedding", "lora", "export", "evaluation", "promotion")
ATTEMPTS = 600
TRAINED_WITHIN_S = 240.0

_STATES = """
SELECT status, reason FROM trainings FINAL
WHERE tenant = {tenant:String} ORDER BY started_at
"""


def run(platform: Platform, play: Play) -> Result:
    """Kill a training so often at each stage, then let one end."""
    store_attempts(platform.settings, ATTEMPTS, noise=False)
    order, recovery_s, trouble, kills = random.Random(play.seed), 0.0, "", 0
    for stage in STAGES:
        for number in range(play.rounds):
            play.say(f"trainer killed at {stage}: {number + 1} of {play.rounds}")
            trainer = _trainer(platform, stage)
            trainer.start()
            if _reached(platform, trainer, stage) and stage != "promotion":
                time.sleep(order.uniform(0, 0.3))
            if trainer.alive():
                kills += 1
            else:
                trouble += f"a training ended before its stage {stage}; "
            trainer.kill()
            recovery_s = max(recovery_s, _until_free(platform))
    trainer = _trainer(platform, "")
    trainer.start()
    if trainer.wait(TRAINED_WITHIN_S):
        trouble += "the last training failed"
    found = _look(platform, kills)
    if found or trouble:
        trouble += "\n" + logs([trainer])
    return Result(
        "trainer killed at each stage", kills, ATTEMPTS, found, recovery_s, 0.0, trouble
    )


def _trainer(platform: Platform, stage: str) -> Service:
    """Return one that stands still at a stage where `stages` is in its environment."""
    environment = {**platform.environment, "FAULTS_STAGE": stage}
    return Service("trainer", platform.settings, platform.folder, environment)


def _reached(platform: Platform, trainer: Service, stage: str) -> bool:
    """Wait until a training says that it is at a stage; False where it ends before."""
    state = ModelStore(platform.settings.models).folder(platform.settings.tenant)
    began = time.time()
    while trainer.alive():
        with suppress(OSError, ValueError):
            place = state / "training.json"
            said = json.loads(place.read_text())
            if said["stage"] == stage and place.stat().st_mtime > began:
                return True
        time.sleep(0.005)
    return False


def _until_free(platform: Platform) -> float:
    begin = time.monotonic()
    while time.monotonic() < begin + 30:
        with (
            suppress(TrainingBusyError),
            ModelStore(platform.settings.models).training_lock(
                platform.settings.tenant
            ),
        ):
            break
        time.sleep(0.01)
    return time.monotonic() - begin


def _look(platform: Platform, kills: int) -> Findings:
    settings = platform.settings
    clickhouse, store = ClickHouse(settings), ModelStore(settings.models)
    states = clickhouse.query(_STATES, {"tenant": settings.tenant})
    buried = states.count(("failed", "was killed"))
    promoted = Counter(
        one.version
        for _, one in messages(settings, ADVISORS)
        if isinstance(one, AdvisorPromoted)
    )
    listed = store.folder(settings.tenant).glob("[!.]*/" + CARD)
    damaged = 0
    for version in {*promoted, *(card.parent.name for card in listed)}:
        try:
            store.bundle(settings.tenant, version)
        except BundleError:
            damaged += 1
    return Findings(
        missing=new_labels(clickhouse, settings.tenant) + abs(kills - buried),
        doubled=sum(count - 1 for count in promoted.values()),
        wrong=damaged + int([one[0] for one in states].count("finished") != 1),
    )
