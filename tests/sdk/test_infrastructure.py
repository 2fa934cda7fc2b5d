import errno
import http
import http.client
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import openai
import pytest
import requests
from sdk.raising import NUMBERS, HostileError, named, raised, throw, with_attributes

from pilotfish._sdk.failures import describe, ending, is_infrastructure


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionRefusedError(),
        ConnectionResetError(),
        BrokenPipeError(),
        socket.gaierror("no such host"),
        urllib.error.HTTPError("http://x", 503, "busy", None, None),  # type: ignore[arg-type]
        *(
            named(name)
            for name in (
                "RateLimitError",
                "APITimeoutError",
                "APIConnectionError",
                "InternalServerError",
                "ServiceUnavailableError",
                "OverloadedError",
                "ResourceExhausted",
                "TimeoutException",
                "ConnectionError",
                "Timeout",
                "NetworkError",
            )
        ),
        named("ReadTimeout", type("TimeoutException", (Exception,), {})),
        *(
            with_attributes(status_code=status)
            for status in (408, 425, 429, 500, 502, 503, 504, 529)
        ),
        with_attributes(code=429),
        with_attributes(code="429"),
        with_attributes(code=http.HTTPStatus.SERVICE_UNAVAILABLE),
        with_attributes(status=503),
        with_attributes(response=with_attributes(status_code=502)),
        with_attributes(status="HTTP/1.1 503 Service Unavailable"),
        with_attributes(code="StatusCode.UNAVAILABLE"),
        with_attributes(code="EC2ThrottledException"),
        Exception({"error": {"code": 429}}),
        *(
            named(name)
            for name in (
                "ProviderRateLimitError",
                "LMRateLimitExceededException",
                "ModelOverloadedError",
                "ModelThrottled",
                "TooManyRequestsException",
                "ModelUnavailableError",
                "VoiceConnectionLostError",
                "SearchTimedOut",
                "ToolServerError",
            )
        ),
        *(
            type("OddError", (Exception,), {name: lambda _: 503})()
            for name in ("code", "getcode", "status", "status_code")
        ),
        ExceptionGroup("both", [TimeoutError(), named("RateLimitError")]),
    ],
    ids=lambda error: f"{describe(error)[:40]} {next(NUMBERS)}",
)
def test_infrastructure_is_recognised(error: Exception) -> None:
    assert is_infrastructure(error)
    assert ending(error) == "infrastructure"


def refused(name: str) -> Exception:
    error = named(name)
    error.status_code = 400  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("wrong"),
        OSError("disk full"),
        FileNotFoundError("x"),
        subprocess.TimeoutExpired("solver", 1),
        named("BadRequestError"),
        named("AuthenticationError"),
        with_attributes(status_code=400),
        with_attributes(status="HTTP 400"),
        named("AgentTimeoutError"),
        named("TestTimedOut"),
        named("RateLimiterConfigError"),
        named("ConnectionStringError"),
        refused("ToolServerError"),
        Exception({"error": {"code": 400}}),
        with_attributes(code=True),
        ExceptionGroup("mixed", [TimeoutError(), ValueError()]),
        HostileError(),
    ],
    ids=lambda error: f"{type(error).__name__} {next(NUMBERS)}",
)
def test_everything_else_is_a_failure(error: Exception) -> None:
    assert ending(error) == "failed"


def refused_connection() -> None:
    urllib.request.urlopen("http://127.0.0.1:9/", timeout=5)


REAL = [
    lambda: requests.get("http://127.0.0.1:9/", timeout=5),
    lambda: httpx.get("http://127.0.0.1:9/", timeout=5),
    openai.OpenAI(
        base_url="http://127.0.0.1:9/", api_key="none", max_retries=0
    ).models.list,
    refused_connection,
    lambda: throw(OSError(errno.EHOSTUNREACH, "no route")),
    lambda: throw(ssl.SSLError(1, "handshake failure")),
    lambda: throw(ssl.SSLCertVerificationError("self-signed")),
    lambda: throw(aiohttp.ClientPayloadError("cut")),
    lambda: throw(aiohttp.ServerDisconnectedError()),
    lambda: throw(http.client.IncompleteRead(b"half")),
    lambda: throw(openai_error(openai.RateLimitError, 429)),
    lambda: throw(openai_error(openai.InternalServerError, 500)),
    lambda: throw(
        openai.APIError("slow down", OPENAI, body={"code": "rate_limit_exceeded"})
    ),
    lambda: httpx.Response(503, request=OPENAI).raise_for_status(),
]
OPENAI: Any = httpx.Request("POST", "http://provider/")


def openai_error(kind: type[openai.APIStatusError], status: int) -> Exception:
    response: Any = httpx.Response(status, request=OPENAI)
    return kind("no", response=response, body=None)


@pytest.mark.parametrize("action", REAL, ids=lambda _: str(next(NUMBERS)))
def test_the_clients_own_exceptions_are_recognised(
    action: Callable[[], object],
) -> None:
    assert ending(raised(action)) == "infrastructure"


@pytest.mark.parametrize(
    "action",
    [
        lambda: throw(openai_error(openai.BadRequestError, 400)),
        lambda: throw(openai_error(openai.AuthenticationError, 401)),
        lambda: httpx.Response(404, request=OPENAI).raise_for_status(),
        lambda: httpx.get("nonsense://x"),
        lambda: throw(urllib.error.HTTPError("http://x", 404, "no", None, None)),  # type: ignore[arg-type]
        lambda: Path("/nowhere/at/all").read_text(),
        lambda: throw(PermissionError(errno.EPERM, "no")),
        lambda: throw(OSError(errno.ENOSPC, "disk full")),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_the_clients_own_refusals_are_failures(action: Callable[[], object]) -> None:
    assert ending(raised(action)) == "failed"
