"""Loaded by Python itself at the start of streams: its reading can be frozen.

Once the file that FAULTS_FROZEN names exists, aiokafka hands out no record any more, while
it keeps its partitions and sends heartbeats, as was reported of it. A process that began
anew reads. The watch is made impatient.
"""

import asyncio
import os
from pathlib import Path
from typing import Any, Final

from aiokafka.consumer.fetcher import Fetcher

from pilotfish.streams import service, stall

_FLAG: Final = Path(os.environ["FAULTS_FROZEN"])
_read = Fetcher.fetched_records


async def _read_unless_frozen(self: Fetcher, *args: Any, **options: Any) -> Any:
    if stall.stalls() == 0 and _FLAG.exists():
        await asyncio.sleep(0.2)
        return {}
    return await _read(self, *args, **options)


setattr(Fetcher, "fetched_records", _read_unless_frozen)  # noqa: B010 - no type allows it
setattr(stall, "STALLED_S", 3.0)  # noqa: B010
setattr(service, "_READING_S", 1.0)  # noqa: B010
