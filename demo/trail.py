"""What a solver does, in the order in which it does it: its moves.

A solver says each move when it makes it, before it is known how that ends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], object]

_LISTENER: ContextVar[Listener] = ContextVar("listener", default=str)


def note(name: str) -> None:
    """Say that this move is made now."""
    _LISTENER.get()(name)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with each move that is made in this block, once."""
    made: set[str] = set()

    def first(name: str) -> None:
        if name not in made:
            made.add(name)
            listener(name)

    token = _LISTENER.set(first)
    try:
        yield
    finally:
        _LISTENER.reset(token)
