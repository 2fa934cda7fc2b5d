"""What a backend answered to an export request of log records, and what follows from it."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)

from pilotfish.schemas.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from requests import Response

_TRY_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_WRONG_SET_UP: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
)
"""What every request would be answered, whatever is in it."""


class Refused(NamedTuple):
    """How many labels a backend takes never, however often they are sent, and why."""

    labels: int = 0
    why: str = ""


class Answers:
    """The newest answer: OpenTelemetry's exporter tells only whether it was a good one."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the answer to an earlier request."""
        self._status: int | None = None
        self._body = b""

    def keep(self, answer: "Response", **_: Any) -> None:
        """Take an answer; a hook of `requests`."""
        self._status, self._body = answer.status_code, answer.content

    def refused(self, sent: int) -> Refused:
        """Return what of a request with so many labels was refused for good.

        Raises:
            UnavailableError: no answer, or one that may be another one later.
            ConfigurationError: the endpoint or the credentials are wrong.
        """
        status = self._status
        if status is None or status in _TRY_AGAIN or status >= 500:
            says = f"answers {status}" if status else "does not answer"
            raise UnavailableError(f"OpenTelemetry's endpoint for logs {says}")
        if status in _WRONG_SET_UP or 300 <= status < 400:
            raise ConfigurationError(
                f"OpenTelemetry's endpoint for logs answers {status}: check "
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS"
            )
        if status >= 400:
            why = self._body[:500].decode("utf-8", "replace")
            return Refused(sent, f"{status}: {why}")
        return self._partly_refused()

    def _partly_refused(self) -> Refused:
        try:
            answer = ExportLogsServiceResponse.FromString(self._body)
        except DecodeError:  # in words, or in JSON: the status has said that it is good
            return Refused()
        partial = answer.partial_success
        return Refused(partial.rejected_log_records, partial.error_message)
