"""The one terminal that tables and progress bars are written to.

Texts come from agents, files and Kafka: here nothing in them is markup. What is to have a
style is a `Text`. Rich reads markup in more places than a console's own setting covers (a
status, the columns of a progress bar, the title of a panel), so these are made here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_CONTROLS: Final = (*range(9), *range(11, 32), *range(127, 160))
_DIRECTIONS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HALVES: Final = range(0xD800, 0xE000)
_VISIBLE: Final = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in (*_DIRECTIONS, *_HALVES)},
}
"""What would move the cursor or turn the text around, and half characters, which no
terminal can print, as they are written in Python."""


class PlainConsole(Console):
    """A console that prints texts as they are, and shows their control characters."""

    def __init__(self, width: int | None = None) -> None:
        super().__init__(markup=False, emoji=False, width=width)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return what a string is printed as, on its own or in a table."""
        return super().render_str(text.translate(_VISIBLE), **options)


console = PlainConsole()


def plain(value: object, style: str = "") -> Text:
    """Return a value as text in one style, its control characters made visible."""
    return Text(str(value).translate(_VISIBLE), style)


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], object]]:
    """Show what is waited for; what is yielded changes the text."""
    with console.status(plain(what)) as status:
        yield lambda text: status.update(plain(text))


def progress_bar(*, disable: bool = False) -> Progress:
    """Return a progress bar for terminals; it leaves nothing behind."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=disable or not console.is_terminal,
    )
