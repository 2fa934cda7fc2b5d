"""Loaded by Python itself at the start of streams: its reading can be frozen.

Once the file that FAULTS_FROZEN names exists, aiokafka hands out no record any more, while
it keeps its partitions and sends heartbeats, as was reported of it, and the watch becomes
impatient. A process that began anew reads, and its watch is as patient as ever: it joins
its group only once its former membership has expired.
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
        setattr(stall, "STALLED_S", 3.0)  # noqa: B010 - no type allows it
        await asyncio.sleep(0.2)
        return {}
    return await _read(self, *args, **options)


setattr(Fetcher, "fetched_records", _read_unless_frozen)  # noqa: B010 - no type allows it
setattr(service, "_READING_S", 1.0)  # noqa: B010
