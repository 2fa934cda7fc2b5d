"""The row of traces in `make faults`, in short."""

import pytest
from faults import spans
from faults.findings import Findings
from faults.processes import Platform
from faults.rounds import Play


@pytest.mark.slow(60)
def test_what_the_door_acknowledged_is_there_once(platform: Platform) -> None:
    result = spans.run(platform, Play(rounds=1, attempts=200, seed=1, say=print))
    assert result.found == Findings(), result.trouble
