"""Sends rows to a client while the engine makes them, in bounded memory."""

import asyncio
from dataclasses import replace
from functools import partial

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.compression import Chained, Compressor
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_answer import (
    EXCEPTION_TAG,
    compression_of,
    failed_between_rows,
    headers_of,
    new_tag,
    whole,
)
from pilotfish.infra.embedded.clickhouse.request import Answer, Request
from pilotfish.infra.embedded.clickhouse.result_pipe import ResultPipe
from pilotfish.infra.embedded.clickhouse.statements import Statements

# As in ClickHouse: up to here, an error has a status of its own.
_WHOLE_BYTES = 2**20
_WHOLE_BYTES_ON_DEMAND = 256 * 2**20
_PACKED_AT_ONCE_BYTES = 2**16
"""Larger bodies are packed in a thread: it takes seconds, in which others must be answered."""
_STALLED_AFTER_S = 300.0


async def stream(
    http: web.Request, request: Request, statements: Statements, of_service: bool
) -> web.StreamResponse:
    """Answer a statement whose rows may be many; to cancel this is to end it.

    Raises:
        EngineError: it failed before any row was sent.
    """
    types = partial(statements.types, request)
    wait = http.query.get("wait_end_of_query", "0") != "0"
    async with ResultPipe() as pipe:
        running = asyncio.create_task(statements.run(request, of_service, pipe))
        try:
            limit = _WHOLE_BYTES_ON_DEMAND if wait else _WHOLE_BYTES
            rows, ended = await pipe.read_up_to(limit)
            if ended:
                answer = await running
                answer = replace(answer, body=rows or answer.body)
                small = len(answer.body) <= _PACKED_AT_ONCE_BYTES
                if small and request.output_format != "Native":
                    return whole(http, request, answer)
                return await asyncio.to_thread(whole, http, request, answer, types)
            packing = compression_of(http, request, types)
            return await _send(http, request, rows, pipe, running, packing)
        finally:
            running.cancel()


async def _send(
    http: web.Request,
    request: Request,
    rows: bytes,
    pipe: ResultPipe,
    running: asyncio.Task[Answer],
    packing: tuple[Compressor, str],
) -> web.StreamResponse:
    tag, (compression, encoding) = new_tag(), packing
    headers = {**headers_of(request, Answer(b"")), EXCEPTION_TAG: tag}
    if encoding:
        headers["Content-Encoding"] = encoding
    packed = await asyncio.to_thread(compression.compress, rows)
    response = web.StreamResponse(headers=headers)
    await response.prepare(http)
    while rows:
        await _write(response, packed)
        rows = await pipe.read()
        packed = await asyncio.to_thread(compression.compress, rows)
    try:
        await running
    except EngineError as error:
        await _break_off(http, response, compression, failed_between_rows(error, tag))
        return response
    await _write(response, compression.flush())
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(_STALLED_AFTER_S):
        await response.write(data)


async def _break_off(
    http: web.Request, response: web.StreamResponse, compression: Compressor, end: bytes
) -> None:
    """End without the last chunk, as ClickHouse does: no client takes it for complete."""
    if isinstance(compression, Chained):  # no block, but text
        compression = compression.second
    await _write(response, compression.compress(end) + compression.flush())
    if http.transport is not None:
        http.transport.close()
