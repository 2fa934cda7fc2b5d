"""A worker in a process of its own, so that Faust and the worker do not share a core.

Faust needs most of a core to turn records of Kafka into batches, and the worker a third of
that again. In one process they would wait for each other's interpreter lock. The process
ends with its parent, however that ends: an unfinished batch is read again, as after every
crash (see `sink`).
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


class SentRecord(NamedTuple):
    """A record in the form in which it crosses to the worker's process."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None


class Processed(NamedTuple):
    """The result of a batch, in numbers."""

    unreadable: int
    labels: dict[str, int]
    """Number of labels by outcome, as the metric names them."""
    ends: dict[Place, int]
    """The next offset to process in each of its partitions."""


_READY: Final = Processed(0, {}, {})
_ENDED: Final = "the worker's process ended: its last lines in the log say why"


class Heartbeat(NamedTuple):
    """A sign of life while the worker waits for a server."""


class WorkerProcess:
    """Processes batches in another process, one at a time; it starts at once."""

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child_end = context.Pipe()
        self._forget = False
        self._last_answer_at: float | None = None
        self._process = context.Process(
            target=_serve, args=(child_end, settings), daemon=True
        )
        self._process.start()
        child_end.close()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    @property
    def silent_s(self) -> float:
        """Seconds of a batch without an answer from the process; 0 between batches."""
        last_answer_at = self._last_answer_at
        return 0.0 if last_answer_at is None else time.monotonic() - last_answer_at

    def end(self) -> None:
        """Kill the process; a batch under way is left unfinished."""
        self._process.kill()
        self._process.join()

    def ready(self) -> None:
        """Wait until the process has loaded what it needs.

        Raises:
            UnavailableError: the process ended instead.
        """
        self._result()

    def forget(self) -> None:
        """Start the next batch with an empty cache, because others may have written."""
        self._forget = True

    def process(self, records: Iterable[Record]) -> Processed:
        """Process a batch to its end, however long Kafka or ClickHouse is unreachable.

        Raises:
            UnavailableError: the process ended; no event of the batch may be acknowledged.
            DeadLetterLimitError, StorageError: waiting would not help.
        """
        forget, self._forget = self._forget, False
        sent = [_sent(record) for record in records]
        try:
            self._connection.send((forget, sent))
        except OSError as error:
            raise UnavailableError(_ENDED) from error
        return self._result()

    def _result(self) -> Processed:
        """Return the next answer, past any heartbeats."""
        try:
            while isinstance(answer := self._next(), Heartbeat):
                pass
        finally:
            self._last_answer_at = None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _next(self) -> Processed | Exception | Heartbeat:
        self._last_answer_at = time.monotonic()
        try:
            answer: Processed | Exception | Heartbeat = self._connection.recv()
        except (EOFError, OSError) as error:
            raise UnavailableError(_ENDED) from error
        return answer


def _sent(record: Record) -> SentRecord:
    return SentRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=list(record.headers or ()),
    )


def _serve(connection: Connection, settings: Settings) -> None:
    """Run in the worker's process: answer each batch with its result or its error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logs.configure("streams")
    letters = DeadLetters(producer(settings), "streams")
    sink = Sink(ClickHouse(settings), Publisher(producer(settings)), letters)

    def on_wait(error: UnavailableError, wait_s: float) -> None:
        log_wait(error, wait_s)
        connection.send(Heartbeat())

    worker = Worker(ClickHouse(settings), sink, threading.Event(), on_wait)
    load(settings.labelling)
    spare_pandas()
    ClickHouse.load()
    tune_gc()
    connection.send(_READY)
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
    except Exception as error:  # noqa: BLE001 - a bug: logged here, where its traceback is
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
