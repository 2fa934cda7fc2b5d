"""Every fault of the table of `make faults`, in one storm: all zeros."""

import pytest
from faults import storm
from faults.findings import Findings
from faults.processes import Platform

SLOWEST_S = 1.0
"""Longer than that no agent may wait for the SDK, whatever happens to the platform."""


@pytest.mark.slow(200)
def test_in_a_storm_of_faults_nothing_is_lost_doubled_or_wrong(
    platform: Platform,
) -> None:
    result = storm.run(platform, seed=1, say=print)
    assert not result.trouble, result
    assert result.found == Findings()
    assert result.slowest_s < SLOWEST_S
