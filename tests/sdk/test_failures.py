import asyncio
import http
import socket
import subprocess
import urllib.error
from itertools import count

import pytest

from pilotfish._sdk.failures import describe, ending, is_infrastructure

NUMBERS = count()
"""Names have to differ, and to be the same in each worker."""


def named(name: str, base: type[Exception] = Exception) -> Exception:
    """Return an exception of a class of this name, as a provider's package has it."""
    kind: type[Exception] = type(name, (base,), {})
    return kind("from a provider")


def with_attributes(**attributes: object) -> Exception:
    error = Exception("from a provider")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


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
        with_attributes(code=http.HTTPStatus.SERVICE_UNAVAILABLE),
        with_attributes(status=503),
        with_attributes(response=with_attributes(status_code=502)),
        ExceptionGroup("both", [TimeoutError(), named("RateLimitError")]),
    ],
    ids=lambda error: f"{describe(error)[:40]} {next(NUMBERS)}",
)
def test_infrastructure_is_recognised(error: Exception) -> None:
    assert is_infrastructure(error)
    assert ending(error) == "infrastructure"


class HostileError(Exception):
    @property
    def status_code(self) -> int:
        raise RuntimeError("not even this")

    def __str__(self) -> str:
        raise RuntimeError("nor that")


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
        with_attributes(code="429"),
        with_attributes(code=True),
        ExceptionGroup("mixed", [TimeoutError(), ValueError()]),
        HostileError(),
    ],
    ids=lambda error: f"{type(error).__name__} {next(NUMBERS)}",
)
def test_everything_else_is_a_failure(error: Exception) -> None:
    assert ending(error) == "failed"


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit(), SystemExit(1)],
    ids=lambda error: type(error).__name__,
)
def test_an_interrupt_is_neither_failure_nor_infrastructure(
    error: BaseException,
) -> None:
    assert ending(error) == "abandoned"


def raised_from(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def test_the_cause_of_an_exception_counts() -> None:
    wrapped = raised_from(RuntimeError("no answer"), named("RateLimitError"))
    assert is_infrastructure(raised_from(RuntimeError("gave up"), wrapped))
    assert not is_infrastructure(raised_from(RuntimeError("x"), ValueError("y")))


def test_circular_causes_are_not_followed_forever() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    assert not is_infrastructure(raised_from(first, raised_from(second, first)))


def test_an_exception_is_described_by_type_and_message() -> None:
    assert describe(ValueError("wrong")) == "ValueError: wrong"
    assert describe(ValueError()) == "ValueError"
    assert describe(HostileError()) == "HostileError: [no message]"
