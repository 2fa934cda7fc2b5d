"""The table of `make faults` in its short form: each fault once or twice, all zeros."""

import pytest
from faults.findings import Findings
from faults.processes import Platform
from faults.rounds import Play
from faults.rows import ROWS, Row

ATTEMPTS = 300
SLOWEST_S = 1.0
"""Longer than that no agent may wait for the SDK, whatever happens to the platform."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_nothing_is_lost_doubled_or_wrong(row: Row, platform: Platform) -> None:
    play = Play(row.rounds.in_ci, ATTEMPTS, seed=1, say=print)
    result = row.run(platform, play)
    assert not result.trouble, result
    assert result.found == Findings()
    assert result.slowest_s < SLOWEST_S
