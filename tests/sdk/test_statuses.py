import enum
from collections.abc import Callable
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdk.raising import NUMBERS, with_attributes

from pilotfish._sdk.failures import ending


class Code(enum.Enum):
    UNAVAILABLE = (14, "unavailable")
    INVALID_ARGUMENT = (3, "invalid argument")


class RpcError(Exception):
    def __init__(self, code: object) -> None:
        super().__init__("rpc")
        self._code = code

    def code(self) -> object:
        return self._code


def botocore(code: str, status: int) -> Exception:
    error = {"Code": code, "Message": "no"}
    metadata = {"HTTPStatusCode": status}
    return with_attributes(response={"Error": error, "ResponseMetadata": metadata})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (botocore("ThrottlingException", 429), "infrastructure"),
        (botocore("ThrottlingException", 400), "infrastructure"),
        (botocore("SlowDown", 503), "infrastructure"),
        (botocore("ValidationException", 400), "failed"),
        (RpcError(Code.UNAVAILABLE), "infrastructure"),
        (RpcError(14), "infrastructure"),
        (RpcError(Code.INVALID_ARGUMENT), "failed"),
        (RpcError(3), "failed"),
        (with_attributes(status_code=" 429 "), "infrastructure"),
        (with_attributes(status="503 Service Unavailable"), "infrastructure"),
        (with_attributes(status_code="400"), "failed"),
        (with_attributes(code="42601"), "failed"),
        (with_attributes(http_status=502), "infrastructure"),
        (with_attributes(code=503.0), "infrastructure"),
        (with_attributes(code=400, status="INVALID_ARGUMENT"), "failed"),
        (with_attributes(status="RESOURCE_EXHAUSTED"), "infrastructure"),
        (with_attributes(response={"status_code": "504"}), "infrastructure"),
        (with_attributes(resp=with_attributes(status="500")), "infrastructure"),
        (
            with_attributes(body={"error": {"type": "overloaded_error"}}),
            "infrastructure",
        ),
        (
            with_attributes(
                status_code=400, body={"error": {"code": "context_length_exceeded"}}
            ),
            "failed",
        ),
        (with_attributes(code="invalid_request_error"), "failed"),
        (with_attributes(status_code=501), "failed"),
        (with_attributes(status_code=10**400), "failed"),
        (with_attributes(reason=ConnectionResetError()), "infrastructure"),
        (with_attributes(reason="Timeout"), "failed"),
    ],
    ids=lambda value: str(next(NUMBERS)),
)
def test_a_status_is_found_wherever_clients_keep_it(
    error: Exception, expected: str
) -> None:
    assert ending(error) == expected


class InventiveError(Exception):
    """Has every attribute, and each of these has, too."""

    def __getattr__(self, name: str) -> "InventiveError":
        return InventiveError(name)

    def __call__(self, *args: object) -> NoReturn:
        raise KeyboardInterrupt


class ExplodingError(Exception):
    """Raises what is no `Exception`, wherever it is touched."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise SystemExit(name)


class AsyncCodeError(Exception):
    async def code(self) -> int:
        return 429


class Unhashable(int):
    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "make",
    [
        lambda: InventiveError("x"),
        ExplodingError,
        AsyncCodeError,
        lambda: with_attributes(status_code=Unhashable(400), code=[429], response=[1]),
        lambda: with_attributes(errno=[1], status={}, reason=3),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_odd_exceptions_are_judged_without_an_error(
    make: Callable[[], Exception],
) -> None:
    assert ending(make()) == "failed"


def a_status() -> st.SearchStrategy[object]:
    return st.one_of(
        st.integers(),
        st.text(),
        st.floats(),
        st.none(),
        st.binary(),
        st.dictionaries(st.sampled_from(["code", "error", "type"]), st.text()),
    )


@given(st.dictionaries(st.sampled_from(["code", "status", "body", "type"]), a_status()))
def test_nothing_in_an_exception_makes_the_judgement_raise(
    attributes: dict[str, object],
) -> None:
    assert ending(with_attributes(**attributes)) in {"failed", "infrastructure"}


@given(st.integers(400, 599), st.sampled_from(["code", "status", "status_code"]))
def test_numbers_as_text_say_what_numbers_say(number: int, name: str) -> None:
    as_number, as_text = (
        ending(with_attributes(**{name: status})) for status in (number, str(number))
    )
    assert as_number == as_text
    if number < 500:
        assert (as_number == "infrastructure") == (number in {408, 425, 429})
