"""Reads bodies: within bounds of size and time, unzipped, without blocking other requests."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request

Result = TypeVar("Result")

MAX_ZIPPED: Final = 4 * 1024 * 1024
MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes of a body that is not zipped, or that it has unzipped."""
MAX_TOGETHER: Final = 64 * 1024 * 1024
"""Bytes of all bodies that are being read or processed."""
READ_S: Final = 30.0
"""How long a client may take to send a body."""

_SMALL: Final = 32 * 1024
"""Bytes that are processed faster than a thread takes them over."""
_GZIP: Final = 16 + zlib.MAX_WBITS


class Bodies:
    """The bodies of all requests at one time; for one event loop."""

    def __init__(self) -> None:
        self._held = 0
        self._threads = anyio.CapacityLimiter(2)

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """Give the unzipped body; it counts as held until the block is left.

        Raises:
            HTTPException: 400 (broken gzip), 408, 413, 415 (unknown encoding) or 429.
        """
        hold = _Hold(self)
        try:
            yield await self._read(request, hold)
        finally:
            self._held -= hold.size

    async def process(self, body: bytes, work: Callable[[bytes], Result]) -> Result:
        """Return what `work` makes of a body; works on a large one in a thread."""
        return work(body) if len(body) <= _SMALL else await self._in_thread(work, body)

    async def _in_thread(self, work: Callable[[bytes], Result], body: bytes) -> Result:
        return await anyio.to_thread.run_sync(work, body, limiter=self._threads)

    async def _read(self, request: Request, hold: "_Hold") -> bytes:
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise HTTPException(415, "the content encoding must be gzip or identity")
        try:
            async with asyncio.timeout(READ_S):
                if encoding == "identity":
                    return await _received(request, MAX_BODY, hold)
                zipped = await _received(request, MAX_ZIPPED, hold)
        except TimeoutError as error:
            raise HTTPException(408, f"the body took over {READ_S:.0f} s") from error
        body = await self._in_thread(unzipped, zipped)
        hold.more(len(body))
        return body

    def take(self, size: int) -> None:
        """Count bytes as held.

        Raises:
            HTTPException: 429, too many are.
        """
        if self._held + size > MAX_TOGETHER:
            why = "too many large requests at one time"
            raise HTTPException(429, why, {"Retry-After": "1"})
        self._held += size


class _Hold:
    """The bytes that one request holds."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.size = 0

    def more(self, size: int) -> None:
        self._bodies.take(size)
        self.size += size


async def _received(request: Request, most: int, hold: _Hold) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > most:
            raise _too_large(most)
        hold.more(len(chunk))
        body += chunk
    return bytes(body)


def unzipped(zipped: bytes) -> bytes:
    """Return the content of gzip, which may have several members.

    Raises:
        HTTPException: 400, it is no whole gzip; 413, it has more than `MAX_BODY` bytes,
            of which no more were unzipped.
    """
    body = bytearray()
    rest = zipped
    try:
        while rest:
            member = zlib.decompressobj(_GZIP)
            body += member.decompress(rest, MAX_BODY + 1 - len(body))
            if len(body) > MAX_BODY:
                raise _too_large(MAX_BODY, "unzipped")
            if not member.eof:
                raise HTTPException(400, "the body is not whole: its gzip is cut off")
            rest = member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise HTTPException(400, f"the body is no gzip: {error}") from error
    return bytes(body)


def _too_large(most: int, how: str = "sent") -> HTTPException:
    return HTTPException(413, f"the body has more than {most} bytes as it is {how}")
