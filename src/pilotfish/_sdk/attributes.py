"""A copy of an attempt's attributes as JSON values, made in the agent's thread."""

import math
from collections.abc import Mapping
from itertools import islice
from numbers import Integral, Real
from typing import Any, Final, NamedTuple

from pilotfish._sdk.excerpt import MAX_VALUES
from pilotfish._sdk.text import as_text

MAX_ATTRIBUTES: Final = 500
MAX_ATTRIBUTE: Final = 1024 * 1024
"""Characters of one text: as many bytes as a message may have."""
_MAX_DEPTH: Final = 50
_VALUE_BYTES: Final = 64
_MAX_REASONS: Final = 10

_AS_THEY_ARE: Final = frozenset({bool, int, type(None)})
_TOO_MANY: Final = f"more than {MAX_VALUES} values or {_MAX_DEPTH} levels"


class Attributes(NamedTuple):
    """What is kept, its memory in bytes, and why the rest was left out."""

    values: dict[str, Any]
    size: int
    left_out: tuple[str, ...]


_NOTHING: Final = Attributes({}, 0, ())


class _TooLargeError(Exception):
    """An attribute that cannot be kept."""


def copy_attributes(attributes: object) -> Attributes:
    """Copy what JSON can hold; values of types that JSON lacks become text. Never raises.

    An attribute that is too large, or cannot be read, is left out, and the others stay.
    All together may have as many values as an object that becomes text whole.
    """
    if attributes is None:
        return _NOTHING
    try:
        items = _items(attributes)
    except Exception as error:  # noqa: BLE001 - the agent may pass any object
        return Attributes({}, 0, (f"are no mapping: {type(error).__name__}",))
    copier, values, left_out = _Copier(), dict[str, Any](), list[str]()
    if len(items) > MAX_ATTRIBUTES:
        left_out.append(f"are more than {MAX_ATTRIBUTES}")
    # What is small first, so that one large attribute takes the room of no other.
    for key, value in sorted(items[:MAX_ATTRIBUTES], key=_is_container):
        name = as_text(key)
        try:
            values[name] = copier.copy(value, 0)
        except Exception as error:  # noqa: BLE001 - an object within may raise anything
            left_out.append(f"{name[:200]}: {_reason(error)}")
        if len(left_out) == _MAX_REASONS:
            break
    return Attributes(values, copier.size, tuple(left_out))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _TooLargeError) else type(error).__name__


def _items(attributes: Any) -> list[tuple[object, object]]:
    mapping = attributes if isinstance(attributes, Mapping) else dict(attributes or {})
    return list(islice(mapping.items(), MAX_ATTRIBUTES + 1))


def _is_container(item: tuple[object, object]) -> bool:
    return isinstance(item[1], dict | list | tuple)


class _Copier:
    """Copies values until there are too many of them."""

    def __init__(self) -> None:
        self.size = 0
        self._left = MAX_VALUES

    def copy(self, value: Any, depth: int) -> Any:
        self._left -= 1
        self.size += _VALUE_BYTES
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind is str:
            return self._text(value)
        if kind is float:
            # JSON has no infinity and no NaN.
            return value if math.isfinite(value) else None
        return self._of_other_type(value, depth)

    def _of_other_type(self, value: object, depth: int) -> Any:
        if isinstance(value, list | tuple):
            self._require_room(len(value), depth)
            return [self.copy(each, depth + 1) for each in value]
        if isinstance(value, Mapping):
            self._require_room(len(value), depth)
            return {
                self._text(key): self.copy(inner, depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Real):
            return self.copy(float(value), depth)
        return self._text(value)

    def _require_room(self, values: int, depth: int) -> None:
        if values > self._left or depth > _MAX_DEPTH:
            raise _TooLargeError(_TOO_MANY)

    def _text(self, value: object) -> str:
        text = value if type(value) is str else as_text(value)
        if len(text) > MAX_ATTRIBUTE:
            raise _TooLargeError(f"{len(text)} characters")
        self.size += len(text)
        return text
