"""Mends what does not fit its field: one odd field never costs its event."""

import math
import re
import threading
from enum import Enum
from typing import Any, Final, NamedTuple

from pilotfish._sdk.text import as_text
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.signals import Scale, p_success
from pilotfish.schemas.texts import encodable

_WORDS: Final = {
    **dict.fromkeys(
        ("up", "true", "yes", "pass", "passed", "\N{THUMBS UP SIGN}"), True
    ),
    **dict.fromkeys(
        ("down", "false", "no", "fail", "failed", "\N{THUMBS DOWN SIGN}"), False
    ),
}
"""Truths as texts, of thumbs and of test runners."""
_CURRENCIES: Final = "$€£¥ "


class Stated(NamedTuple):
    """The value of a signal or of feedback, and its scale."""

    value: bool | float | None
    scale: Scale | None


class Mending:
    """Cuts, converts or leaves out; counts each mended field, and says it once.

    Args:
        warnings: receives the field and what became of it.
    """

    def __init__(self, warnings: Warnings) -> None:
        self.count = 0
        """Mended fields so far."""
        self._warnings = warnings
        self._lock = threading.Lock()

    def note(self, field: str, done: str) -> None:
        """Count a field that was mended elsewhere, and say once what was done."""
        with self._lock:
            self.count += 1
        self._warnings.once(f"{field}: {done}", "a field was mended")

    def name(self, field: str, text: str, instead: str | None = None) -> str | None:
        """Return a name that fits; `instead` for an empty one."""
        fitting = self.text(field, text, MAX_NAME)
        if not fitting and instead:
            self.note(field, f"is empty, {instead!r} stands for it")
        return fitting or instead

    def text(self, field: str, text: str, most: int) -> str:
        """Return a text that UTF-8 can encode, of at most so many characters."""
        if len(text) <= most and text.isascii():
            return text
        cut = text[:most]
        if len(cut) < len(text):
            self.note(field, f"has more than {most} characters, cut")
        fitting = encodable(cut)
        if fitting != cut:
            self.note(field, "has half a character, a question mark stands for it")
        return fitting

    def choice(
        self, field: str, text: str, choices: tuple[str, ...], instead: str
    ) -> str:
        """Return one of the choices, in any case; `instead` for anything else."""
        if text in choices:
            return text
        choice = as_choice(text)
        if choice in choices:
            return choice
        self.note(field, f"is none of {', '.join(choices)}: {instead!r} stands for it")
        return instead

    def number(self, field: str, value: Any, most: float) -> float | None:
        """Return a number from 0 to `most`; None where there is none, and for None."""
        if value is None or (type(value) is float and 0 <= value <= most):
            return value
        bare = value.strip(_CURRENCIES) if type(value) is str else value
        number = _number(bare)
        if 0 <= number <= most:
            if type(value) is str and bare != value:
                self.note(field, "is a number with more text, read as the number")
            return number
        self.note(field, f"is no number from 0 to {most:g}, left out")
        return None

    def whole(self, field: str, value: Any, most: int) -> int | None:
        """Return a whole number from 0 to `most`, as `number`; fractions are rounded."""
        if type(value) is int and 0 <= value <= most:
            return value
        number = self.number(field, value, most)
        if number is None:
            return None
        if not number.is_integer():
            self.note(field, "has a fraction, rounded")
        return round(number)

    def stated(self, field: str, kind: str, value: Any, scale: Any) -> Stated:
        """Return what was stated; nothing where it cannot be read in its unit."""
        if kind == "exit_code" and scale is not None:
            self.note(field, "an exit status has no scale, left out")
            scale = None
        stated = Stated(_truth_or_number(value), _scale(scale))
        try:
            p_success(kind, *stated)
        except SchemaError as error:
            self.note(field, f"left out ({error})")
            return Stated(None, None)
        return stated


def as_choice(text: str) -> str:
    """Return a text as choices are written: `Exit code` as `exit_code`."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _truth_or_number(given: Any) -> bool | float | None:
    value = _one_value(given)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = as_text(value).strip().lower()
        return _WORDS[word] if word in _WORDS else _number(word)
    return _number(value)


def _one_value(given: Any) -> Any:
    """Return what a member of an enum stands for, or a number or truth of an array library.

    NumPy's and torch's truths are none of Python's, and as numbers they would be exit
    statuses the wrong way round.
    """
    try:
        return given.value if isinstance(given, Enum) else given.item()
    except BaseException:  # noqa: BLE001 - the agent may pass any object
        return given


def _scale(scale: Any) -> Scale | None:
    if scale is None:
        return None
    if isinstance(scale, range) and scale:  # range(1, 6) has the stars 1 to 5
        return float(scale[0]), float(scale[-1])
    if isinstance(scale, list | tuple) and len(scale) == 2:
        return _number(scale[0]), _number(scale[1])
    return _number(scale)


def _number(value: Any) -> float:
    """Return a finite number, or NaN, which fits no field."""
    try:
        number = float(value)
    except BaseException:  # noqa: BLE001 - the agent may pass any object
        return math.nan
    return number if math.isfinite(number) else math.nan
