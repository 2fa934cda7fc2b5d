"""One file of the spool: redacted events in order, one per line.

    +9c1f03aa 17 StepRecorded 1 {"event_id": ...}

The first byte is "+" until Kafka has the event, then overwritten by "-": that needs no
space, so it also works on a full disk. Then come a checksum of the rest, the event's
number within its process, and schema, version and value as in the topic.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

_WAITING: Final = b"+"
_DONE: Final = b"-"
_HEAD: Final = 10
"""Bytes before the part with a checksum: state, eight digits, a blank."""


class StoredEvent(NamedTuple):
    """An event on disk; `text` is schema, version and value."""

    order: int
    offset: int
    text: bytes


def line_of(order: int, text: bytes) -> bytes:
    """Return the line of an event that has not been sent."""
    body = b"%d %b" % (order, text)
    return b"%b%08x %b\n" % (_WAITING, crc32(body), body)


def waiting_in(data: bytes) -> list[StoredEvent]:
    """Return the events in a file's bytes that were not sent; damaged lines are skipped.

    A last line without a line end was being written when the process was killed: it is
    no event.
    """
    events, offset = [], 0
    for line in data.split(b"\n")[:-1]:
        stored = _read(line, offset)
        if stored is not None:
            events.append(stored)
        offset += len(line) + 1
    return events


def _read(line: bytes, offset: int) -> StoredEvent | None:
    head, body = line[:_HEAD], line[_HEAD:]
    if head != b"%b%08x " % (_WAITING, crc32(body)):
        return None
    order, _, text = body.partition(b" ")
    return StoredEvent(int(order), offset, text) if order.isdigit() else None


class SpoolFile:
    """Written line by line, then read once, then settled.

    It is opened for each operation only: otherwise a forked child would keep it open
    forever, and removing it would not free its space.

    Attributes:
        size: in bytes.
        unread: events that were written and not yet read back.
        open: events that were read back, or were in flight when written, and are not
            settled.
        damaged: whether to keep the file for inspection.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.unread = 0
        self.open = 0
        self.damaged = False

    @classmethod
    def existing(cls, path: Path) -> "SpoolFile":
        """Return a file that another process left behind.

        Raises:
            OSError: it cannot be read.
        """
        file = cls(path)
        data = path.read_bytes()
        file.size = len(data)
        lines = b"\n" + data[: data.rfind(b"\n") + 1]
        file.unread = lines.count(b"\n") - 1 - lines.count(b"\n" + _DONE)
        return file

    def append(self, line: bytes) -> int:
        """Write a line; return its offset.

        Raises:
            OSError: the disk is full, or fails; no part of the line is kept.
        """
        with self._opened(os.O_CREAT) as file:
            written = os.pwrite(file, line, self.size)
            if written < len(line):
                # The next line would overwrite this rest, but there may be no next line.
                with suppress(OSError):
                    os.ftruncate(file, self.size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += len(line)
        return self.size - len(line)

    def read(self) -> list[StoredEvent]:
        """Return the events that were not sent; fewer than `unread` in a damaged file.

        Raises:
            OSError: it cannot be read.
        """
        return waiting_in(self.path.read_bytes())

    def mark(self, offsets: Iterable[int]) -> None:
        """Mark the events at these offsets as sent.

        Raises:
            OSError: the file is gone, or the disk fails.
        """
        with self._opened() as file:
            for offset in offsets:
                os.pwrite(file, _DONE, offset)

    @contextmanager
    def _opened(self, flags: int = 0) -> Iterator[int]:
        file = os.open(self.path, os.O_WRONLY | flags, 0o600)
        try:
            yield file
        finally:
            os.close(file)
