"""A worker in a process of its own, so that Faust and the worker do not share a core.

Faust takes most of a core for an event's way from Kafka to a batch, and the worker a
third of that again. In one process they would wait for each other's interpreter lock.
The process ends with its parent, however that ends: a batch cut off there is read again,
as after every crash (see `sink`).
"""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

import structlog

from pilotfish.runtime.clickhouse import ClickHouse, spare_pandas
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import logs
from pilotfish.runtime.service.gc_tuning import tune_gc
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import Headers
from pilotfish.schemas.errors import PilotfishError, UnavailableError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.batch import Record
from pilotfish.streams.labelling import load
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker, log_wait


class Taken(NamedTuple):
    """A record on its way between the processes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None


class Processed(NamedTuple):
    """What a batch came to, in numbers."""

    unreadable: int
    labels: dict[str, int]
    """Labels by outcome, as the metric names them."""
    ends: dict[Place, int]
    """The next offset to process in each of its partitions."""


_NOTHING: Final = Processed(0, {}, {})


class Waits(NamedTuple):
    """A sign of life: the worker waits for a server."""


class WorkerProcess:
    """Processes batches elsewhere, one at a time; begins at once and is soon ready."""

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._forget = False
        self._heard_at: float | None = None
        self._process = context.Process(
            target=_serve, args=(theirs, settings), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid or 0

    @property
    def silent_s(self) -> float:
        """Seconds of a batch without a word from the process; 0 between batches."""
        heard_at = self._heard_at
        return 0.0 if heard_at is None else time.monotonic() - heard_at

    def end(self) -> None:
        """End the process now; a batch under way is cut off."""
        self._process.kill()
        self._process.join()

    def ready(self) -> None:
        """Wait until the process has loaded what it needs.

        Raises:
            UnavailableError: it ended instead.
        """
        self._result()

    def forget(self) -> None:
        """Let the next batch begin without memory: others may have written meanwhile."""
        self._forget = True

    def process(self, records: Iterable[Record]) -> Processed:
        """Process a batch to its end, however long Kafka or ClickHouse are away.

        Raises:
            UnavailableError: the process ended; nothing of the batch may be acknowledged.
            DeadLetterLimitError, StorageError: waiting would not help.
        """
        forget, self._forget = self._forget, False
        taken = [_taken(record) for record in records]
        try:
            self._connection.send((forget, taken))
        except OSError as error:
            raise UnavailableError("the worker's process ended") from error
        return self._result()

    def _result(self) -> Processed:
        """Return the next answer; what comes before it are signs of life."""
        try:
            while isinstance(answer := self._next(), Waits):
                pass
        finally:
            self._heard_at = None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _next(self) -> Processed | Exception | Waits:
        self._heard_at = time.monotonic()
        try:
            answer: Processed | Exception | Waits = self._connection.recv()
        except (EOFError, OSError) as lost:
            raise UnavailableError("the worker's process ended") from lost
        return answer


def _taken(record: Record) -> Taken:
    headers = list(record.headers or ())
    place = record.topic, record.partition, record.offset
    return Taken(*place, record.key, record.value, headers)


def _serve(connection: Connection, settings: Settings) -> None:
    """Be the process: answer each batch with what it came to, or what ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logs.configure("streams")
    letters = DeadLetters(producer(settings), "streams")
    sink = Sink(ClickHouse(settings), Publisher(producer(settings)), letters)

    def waits(error: UnavailableError, wait_s: float) -> None:
        log_wait(error, wait_s)
        connection.send(Waits())

    worker = Worker(ClickHouse(settings), sink, threading.Event(), waits)
    load(settings.labelling)
    spare_pandas()
    ClickHouse.load()
    tune_gc()
    connection.send(_NOTHING)
    while True:
        connection.send(_processed(worker, *connection.recv()))


def _processed(
    worker: Worker, forget: bool, records: list[Any]
) -> Processed | Exception:
    if forget:
        worker.forget()
    try:
        batch = worker.process(records)
    except PilotfishError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a mistake of ours, told where it is known
        structlog.get_logger(service="streams").exception("failed")
        return PilotfishError(f"{type(error).__name__}: {error}")
    labels = Counter(state.label.outcome for state in batch.labelled.values())
    ends = {(EVENTS.name, partition): end for partition, end in batch.ends.items()}
    return Processed(len(batch.unreadable), dict(labels), ends)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)
