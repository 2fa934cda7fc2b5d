"""One file of the spool: redacted events in order, a line each.

    +9c1f03aa 17 StepRecorded 1 {"event_id": ...}

The first byte is "+" until Kafka has the event, then "-", written over it: that needs no
room, so it works on a full disk, too. Then come a checksum of the rest, the event's
number among those of its process, and schema, version and value as the topic has them.
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
"""Bytes before what the checksum is of: state, eight digits, a blank."""


class Stored(NamedTuple):
    """An event on disk; `text` is schema, version and value."""

    order: int
    offset: int
    text: bytes


def line_of(order: int, text: bytes) -> bytes:
    """Return the line of an event that waits."""
    body = b"%d %b" % (order, text)
    return b"%b%08x %b\n" % (_WAITING, crc32(body), body)


def waiting_in(data: bytes) -> list[Stored]:
    """Return the events that wait in a file's bytes; what is damaged is passed over.

    A last line without its end was being written when the process was killed: no event.
    """
    found, offset = [], 0
    for line in data.split(b"\n")[:-1]:
        stored = _read(line, offset)
        if stored is not None:
            found.append(stored)
        offset += len(line) + 1
    return found


def _read(line: bytes, offset: int) -> Stored | None:
    head, body = line[:_HEAD], line[_HEAD:]
    if head != b"%b%08x " % (_WAITING, crc32(body)):
        return None
    order, _, text = body.partition(b" ")
    return Stored(int(order), offset, text) if order.isdigit() else None


class SpoolFile:
    """Written line by line, then read once, then settled.

    It is open only while something is done to it: else a forked child would have it open
    for ever, and its room would not be free when it is removed.

    Attributes:
        size: in bytes.
        unread: events written and not read since.
        open: events read, or sent while they were written, that are not settled.
        damaged: it is to be kept for somebody to look at.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.unread = 0
        self.open = 0
        self.damaged = False

    @classmethod
    def found(cls, path: Path) -> "SpoolFile":
        """Return a file that another process left.

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
        """Write a line; return where it begins.

        Raises:
            OSError: there is no room, or worse; nothing of the line stays.
        """
        with self._opened(os.O_CREAT) as file:
            written = os.pwrite(file, line, self.size)
            if written < len(line):
                # Elsewhere the next line is written over it; here it could be the last.
                with suppress(OSError):
                    os.ftruncate(file, self.size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += len(line)
        return self.size - len(line)

    def read(self) -> list[Stored]:
        """Return the events that wait; fewer than `unread` if the file is damaged.

        Raises:
            OSError: it cannot be read.
        """
        return waiting_in(self.path.read_bytes())

    def mark(self, offsets: Iterable[int]) -> None:
        """Remember that Kafka has the events that begin there.

        Raises:
            OSError: the file is gone, or the disk is broken.
        """
        with self._opened() as file:
            for offset in offsets:
                os.pwrite(file, _DONE, offset)

    @contextmanager
    def _opened(self, more: int = 0) -> Iterator[int]:
        file = os.open(self.path, os.O_WRONLY | more, 0o600)
        try:
            yield file
        finally:
            os.close(file)
