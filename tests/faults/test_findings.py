"""What the comparison finds where something is missing, doubled or wrong."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from faults.findings import Findings, look
from faults.processes import Platform
from faults.script import PER_ATTEMPT, Script, Truth
from faults.world import World, with_clock
from support.advice.tiny import tiny_bundle
from support.polling import eventually

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id

MISREMEMBER = """
INSERT INTO memory
SELECT * REPLACE (0.5 AS p_success, last_offset + 1 AS last_offset) FROM memory
WHERE attempt_id = {attempt:String}
"""
CLOCKS = """
import time
from pilotfish.schemas import base
print(time.time(), base.utc_now().timestamp())
"""


@pytest.mark.slow
def test_each_lie_about_the_script_is_found(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    script = Script(platform.settings, 30)
    tiny_bundle(platform.settings.models, BASE_TENANT, "tiny-1")
    with platform.services("archive", "streams", "memory"):
        script.play(1)
        assert script.settle() == ""
        script.requests.clear()  # no advisor runs
        eventually(lambda: look(clickhouse, script), Findings())
        assert len(script.truths) == 30 and script.bad

        true = dict(script.truths)
        one, truth = next(iter(true.items()))
        script.truths = {**true, one: replace(truth, approach="another")}
        assert look(clickhouse, script) == Findings(wrong=1)
        script.truths = {**true, one: replace(truth, cost=99.0)}
        assert look(clickhouse, script) == Findings(wrong=1)
        script.truths = {**true, "nobody": truth}
        assert look(clickhouse, script).missing == PER_ATTEMPT + 2
        script.truths = true
        script.requests.add(new_id())
        assert look(clickhouse, script) == Findings(unanswered=1)
        script.requests.clear()
        script.bad -= 1
        assert look(clickhouse, script) == Findings(doubled=1)
        script.bad += 1

        clickhouse.command(MISREMEMBER, {"attempt": one})
        assert look(clickhouse, script) == Findings(wrong=1)
        columns = ["tenant", "attempt_id", "event_id", "at"]
        clickhouse.insert("events", columns, [[tenant, one, "another", utc_now()]])
        assert look(clickhouse, script).doubled == 1
    script.close()


def test_what_was_said_is_true_to_the_digit_and_what_was_found_by_its_side() -> None:
    found = Truth(1.0, "kind", "plan", 1.0)
    assert found.fits(1.0) and found.fits(0.6)
    assert not (found.fits(0.5) or found.fits(0.3) or found.fits(None))
    said = replace(found, said=True)
    assert said.fits(1.0) and not said.fits(0.99)
    none = replace(found, p_success=None)
    assert none.fits(None) and not none.fits(0.9)


@pytest.mark.slow
def test_the_clock_of_a_service_can_be_moved(platform: Platform) -> None:
    def seconds_off() -> list[float]:
        environment = {**os.environ, **world.platform.environment}
        said = subprocess.check_output([sys.executable, "-c", CLOCKS], env=environment)
        return [float(word) - time.time() for word in said.split()]

    with with_clock(World(platform)) as world:
        world.clock(3600)
        assert seconds_off() == pytest.approx([3600, 3600], abs=30)
        world.clock(0)
        assert seconds_off() == pytest.approx([0, 0], abs=30)
