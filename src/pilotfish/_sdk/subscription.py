"""A subscription to hints; its owner closes it."""

from collections.abc import Callable
from types import TracebackType


class Subscription:
    """Receives every hint of the tenant until it is closed."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def close(self) -> None:
        """Stop calling the callback; idempotent."""
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
