"""A subscription to hints, to be closed by whoever made it."""

from collections.abc import Callable
from types import TracebackType


class Subscription:
    """Calls back for every hint of the tenant until it is closed."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def close(self) -> None:
        """Stop calling back; idempotent."""
        self._close()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
