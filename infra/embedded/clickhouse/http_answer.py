"""Answers in ClickHouse's protocol: their headers, whole bodies, and errors."""

import json
import secrets
import string
from collections.abc import Callable, Sequence

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.compressed_blocks import BlockCompressor
from pilotfish.infra.embedded.clickhouse.compression import (
    Chained,
    Compressor,
    Uncompressed,
    compressor,
)
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_errors import READONLY, status_of
from pilotfish.infra.embedded.clickhouse.native_blocks import NativeBlocks
from pilotfish.infra.embedded.clickhouse.request import Answer, Request

Types = Callable[[], Sequence[str]]
EXCEPTION_TAG = "X-ClickHouse-Exception-Tag"
_JSON = "application/json; charset=UTF-8"
_LINES_OF_JSON = "application/x-ndjson; charset=UTF-8"
_BYTES = "application/octet-stream"
_CONTENT_TYPES = {
    **dict.fromkeys(("JSON", "JSONCompact", "JSONStrings", "JSONColumns"), _JSON),
    **dict.fromkeys(("JSONCompactStrings", "JSONCompactColumns"), _JSON),
    **dict.fromkeys(("JSONColumnsWithMetadata", "JSONObjectEachRow"), _JSON),
    "JSONEachRow": _LINES_OF_JSON,
    "JSONStringsEachRow": _LINES_OF_JSON,
    "JSONCompactEachRow": _LINES_OF_JSON,
    "JSONCompactEachRowWithNames": _LINES_OF_JSON,
    "JSONCompactEachRowWithNamesAndTypes": _LINES_OF_JSON,
    "JSONCompactStringsEachRow": _LINES_OF_JSON,
    "JSONEachRowWithProgress": _LINES_OF_JSON,
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "CSVWithNamesAndTypes": "text/csv; charset=UTF-8; header=present",
    **dict.fromkeys(("Native", "Parquet", "RowBinary", "RowBinaryWithNames"), _BYTES),
    **dict.fromkeys(("RowBinaryWithNamesAndTypes", "Arrow", "ArrowStream"), _BYTES),
    **dict.fromkeys(("ORC", "Avro", "MsgPack", "BSONEachRow", "Npy"), _BYTES),
    **dict.fromkeys(("RawBLOB", "Protobuf", "CapnProto"), _BYTES),
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNamesAndTypes": "text/tab-separated-values; charset=UTF-8",
    "TSVWithNames": "text/tab-separated-values; charset=UTF-8",
    "TSVWithNamesAndTypes": "text/tab-separated-values; charset=UTF-8",
    "XML": "application/xml; charset=UTF-8",
}


def headers_of(request: Request, answer: Answer) -> dict[str, str]:
    """Return the headers of an answer, before its rows or with all of them."""
    headers = {
        "X-ClickHouse-Summary": _summary(answer),
        "Content-Type": "text/plain; charset=UTF-8",
    }
    if request.statement.returns_rows:
        name = request.output_format
        headers["X-ClickHouse-Format"] = name
        headers["Content-Type"] = _CONTENT_TYPES.get(name, headers["Content-Type"])
    return headers


def compression_of(
    http: web.Request, request: Request, types: Types
) -> tuple[Compressor, str]:
    """Return what packs the answer for this client, and its Content-Encoding or ''."""
    packed, encoding = _compression(http)
    version = http.query.get("client_protocol_version", "0")
    native = request.output_format == "Native" and version.isdecimal()
    if native and int(version) and request.statement.returns_rows:
        return Chained(NativeBlocks(int(version), types), packed), encoding
    return packed, encoding


def _compression(http: web.Request) -> tuple[Compressor, str]:
    if http.query.get("enable_http_compression", "0") != "0":
        return compressor(http.headers.get("Accept-Encoding", ""))
    if http.query.get("compress", "0") != "0":
        return BlockCompressor(), ""
    return Uncompressed(), ""


def whole(
    http: web.Request, request: Request, answer: Answer, types: Types = tuple
) -> web.Response:
    """Return an answer with all its rows; may ask for the types of its columns."""
    headers = headers_of(request, answer)
    compression, encoding = compression_of(http, request, types)
    if encoding:
        headers["Content-Encoding"] = encoding
    body = compression.compress(answer.body) + compression.flush()
    return web.Response(body=body, headers=headers)


def failed(error: EngineError, http: web.Request) -> web.Response:
    """Return the answer to a statement that failed before any row was sent.

    Packed as its rows would be: the client for Java reads nothing else.
    """
    hint = ""
    if error.code == READONLY and http.method == "GET":
        hint = " GET only reads: use POST for statements that change something."
    packed, encoding = _compression(http)
    headers = {
        "X-ClickHouse-Exception-Code": str(error.code),
        "Content-Type": "text/plain; charset=UTF-8",
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    text = f"{error}{hint}\n".encode()
    body = packed.compress(text) + packed.flush()
    return web.Response(status=status_of(error.code), body=body, headers=headers)


def new_tag() -> str:
    """Return a tag by which a client tells an error between rows from rows."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))


def failed_between_rows(error: EngineError, tag: str) -> bytes:
    """Return what follows the rows that were sent before a statement failed."""
    text = f"{error}\n".encode()
    head, tail = f"\r\n__exception__\r\n{tag}\r\n", f"{len(text)} {tag}\r\n"
    return head.encode() + text + tail.encode() + b"__exception__\r\n"


def _summary(answer: Answer) -> str:
    counts = {
        "read_rows": answer.read_rows,
        "read_bytes": answer.read_bytes,
        "written_rows": answer.written_rows,
        "written_bytes": answer.written_bytes,
        "total_rows_to_read": 0,
        "result_rows": answer.result_rows or answer.written_rows,
        "result_bytes": len(answer.body),
        "elapsed_ns": int(answer.elapsed_s * 1e9),
    }
    return json.dumps({name: str(count) for name, count in counts.items()})
