"""Rows on their way from the engine to a client: the engine waits for the client."""

import asyncio
import os
from types import TracebackType
from typing import Self

_BUFFERED_BYTES = 2**20


class ResultPipe:
    """A pipe: the engine writes to `writer`, and the gateway reads."""

    def __init__(self) -> None:
        reader, self.writer = os.pipe()
        self._writer_open = True
        self._file = os.fdopen(reader, "rb", buffering=0)
        self._stream = asyncio.StreamReader(limit=_BUFFERED_BYTES)
        self._transport: asyncio.ReadTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._stream), self._file
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def close_writer(self) -> None:
        """Close this end once nobody writes any more; the reader then gets to the end."""
        if self._writer_open:
            self._writer_open = False
            os.close(self.writer)

    async def read(self) -> bytes:
        """Wait for the next bytes; none are the end."""
        return await self._stream.read(_BUFFERED_BYTES)

    async def read_up_to(self, size: int) -> tuple[bytes, bool]:
        """Read until the end, or until there are so many bytes; tell whether it ended."""
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < size:
            piece = await self.read()
            if not piece:
                return b"".join(pieces), True
            pieces.append(piece)
        return b"".join(pieces), False
