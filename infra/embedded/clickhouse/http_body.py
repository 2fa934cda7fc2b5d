"""Reads the bodies of HTTP requests: packed ones, and forms with files."""

import asyncio

from aiohttp import BodyPartReader, web

from pilotfish.infra.embedded.clickhouse.compressed_blocks import decompress_blocks
from pilotfish.infra.embedded.clickhouse.compression import decompress
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_errors import (
    BAD_ARGUMENTS,
    CANNOT_DECOMPRESS,
    QUERY_IS_TOO_LARGE,
    UNKNOWN_COMPRESSION,
    refusal,
)


async def read_form(
    request: web.Request,
) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the fields and the files of a form; files are external tables."""
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise refusal(BAD_ARGUMENTS, "a part of the form has no name")
        data = bytes(await part.read())
        if part.filename:
            files[part.name] = data
        else:
            fields[part.name] = data.decode()
    return fields, files


async def read_body(request: web.Request, max_bytes: int) -> bytes:
    """Return the body, unpacked; raises EngineError as `http_request.read` does."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise _too_large(max_bytes) from error
    encoding = request.headers.get("Content-Encoding", "").lower()
    blocks = request.query.get("decompress", "0") != "0"
    if encoding in ("", "identity") and not blocks:
        return raw
    return await asyncio.to_thread(_decompressed, raw, encoding, blocks, max_bytes)


def _decompressed(raw: bytes, encoding: str, blocks: bool, max_bytes: int) -> bytes:
    """Undo the encoding of the body as a whole, and then ClickHouse's own blocks."""
    try:
        if encoding not in ("", "identity"):
            raw = decompress(raw, encoding, max_bytes)
        return decompress_blocks(raw, max_bytes) if blocks else raw
    except LookupError as error:
        raise refusal(
            UNKNOWN_COMPRESSION, f"Content-Encoding {encoding} is not one of {error}"
        ) from error
    except OverflowError as error:
        raise _too_large(max_bytes) from error
    except ValueError as error:
        raise refusal(CANNOT_DECOMPRESS, f"the body: {error}") from error


def _too_large(max_bytes: int) -> EngineError:
    return refusal(
        QUERY_IS_TOO_LARGE,
        f"a request may have {max_bytes} bytes, uncompressed: split the insert",
    )
