"""Logs of the services: one JSON object per line on stderr."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor

_SHARED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure(service: str) -> None:
    """Send structlog and the standard library's logging to stderr; call once per process.

    Modules take their logger with `structlog.get_logger(service=...)`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=(*_SHARED, _called(service)),
            processors=(
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ),
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _called(service: str) -> Processor:
    """Return the step that names the service in lines of foreign loggers."""

    def name_service(_logger: object, _method: str, event: EventDict) -> EventDict:
        return {**event, "service": service}

    return name_service
