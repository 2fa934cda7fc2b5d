"""Text of an object at a bounded cost: of a large one, only its beginning is converted."""

from array import array
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, TypeGuard

MAX_VALUES: Final = 2000
"""Values of an object that is converted whole: half a millisecond in the agent's thread."""
CUT_VALUES: Final = 800
"""Values of a larger object that become text, in the same time: Python writes them."""
MAX_CHARACTERS: Final = 160 * 1024
"""Characters of ASCII within one object that become text."""
_OTHER_CHARACTER: Final = 6
"""How many of these cost as much as a character or a byte that `repr` may escape."""
_OBJECT: Final = 20
"""How many numbers cost as much as an object whose text is made by code in Python."""
_CONTAINER: Final = 4
_MAX_DEPTH: Final = 20
_MORE: Final = "..."

_NUMBERS: Final = frozenset({int, float, bool, complex, type(None)})
_FLAT: Final = _NUMBERS | {str}
_STRINGS: Final = (str, bytes, bytearray)
_MAPPINGS: Final = (dict, UserDict, MappingProxyType, ChainMap)
_COLLECTIONS: Final[tuple[Any, ...]] = (
    list,
    tuple,
    set,
    frozenset,
    deque,
    UserList,
    array,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)
_CONTAINERS: Final = _MAPPINGS + _COLLECTIONS
_STANDARD: Final = frozenset({*_CONTAINERS, OrderedDict, defaultdict, object})
_TEXTS: Final = {text for kind in _STANDARD for text in (kind.__repr__, kind.__str__)}
_MODULES: Final = {"collections", "pydantic.main"}
"""Where namedtuples, user containers and pydantic models have their texts from."""


def excerpt(value: object) -> tuple[str, bool]:
    """Return the value's text, and whether it was cut.

    A small value is converted by `str`; of a large one the beginning is written as `repr`
    would, with "..." for the rest. An object whose class has a text of its own, perhaps
    to hide a secret, has that text, whatever it costs.
    """
    said = _said(value)
    return (str(value), False) if _is_small(said) else (_Excerpt().of(said), True)


def _said(value: object) -> object:
    """Return what the text of an exception shows: its argument, or all of several."""
    shows_arguments = type(value).__str__ is BaseException.__str__
    if not shows_arguments or not isinstance(value, BaseException):
        return value
    said = value.args[0] if len(value.args) == 1 else value.args
    return value if isinstance(said, str) else said


def _is_small(value: object) -> bool:
    values, characters = MAX_VALUES, MAX_CHARACTERS
    unseen = [value]
    while unseen and values >= 0 <= characters:
        item = unseen.pop()
        values -= 1
        if isinstance(item, _STRINGS):
            characters -= len(item) * _weight(item)
        elif (inner := _inner(item)) is None:
            values -= 0 if type(item) in _NUMBERS else _OBJECT
        elif len(inner) > values:
            return False
        else:
            values -= _CONTAINER
            for each in _parts(inner):
                # Most collections are flat: these are counted without a loop in Python.
                if _FLAT.issuperset(map(type, each)):
                    values -= len(each)
                    characters -= sum(
                        len(text) * _weight(text) for text in each if type(text) is str
                    )
                else:
                    unseen.extend(each)
    return values >= 0 <= characters


def _weight(text: str | bytes | bytearray) -> int:
    # A text knows whether it is ASCII; bytes must be looked at.
    beginning = text if isinstance(text, str) else text[:MAX_CHARACTERS]
    return 1 if beginning.isascii() else _OTHER_CHARACTER


def _parts(inner: Any) -> tuple[Collection[Any], ...]:
    return (inner.keys(), inner.values()) if isinstance(inner, _MAPPINGS) else (inner,)


def _inner(item: object) -> Any:
    """Return what a value contains: a collection or a mapping; None for other objects."""
    if isinstance(item, _CONTAINERS):
        return item if _has_standard_text(type(item)) else None
    return item.args if _is_error(item) else _fields(item)


def _is_error(item: object) -> TypeGuard[BaseException]:
    """Whether an item is an exception that shows its arguments."""
    shown = type(item).__repr__ is BaseException.__repr__
    return shown and isinstance(item, BaseException)


def _fields(item: object) -> Mapping[str, object] | None:
    """Return what the text of a dataclass, a pydantic model or a namespace shows."""
    kind = type(item)
    if isinstance(item, SimpleNamespace):
        own = kind.__repr__ is not SimpleNamespace.__repr__
        return None if own else vars(item)
    specs = getattr(kind, "__dataclass_fields__", None)
    specs = getattr(kind, "__pydantic_fields__", None) if specs is None else specs
    if not isinstance(specs, dict) or not _has_standard_text(kind):
        return None
    return {
        name: getattr(item, name, None) for name, spec in specs.items() if spec.repr
    }


def _has_standard_text(kind: Any) -> bool:
    """Return whether a class shows what it contains, and has no text of its own."""
    if kind in _STANDARD:
        return True
    # A dataclass wraps the `__repr__` that it generates.
    generated = hasattr(kind, "__dataclass_fields__") and hasattr(
        kind.__repr__, "__wrapped__"
    )
    return (generated or _is_standard(kind.__repr__)) and _is_standard(kind.__str__)


def _is_standard(text: Any) -> bool:
    return text in _TEXTS or getattr(text, "__module__", None) in _MODULES


class _Excerpt:
    """Writes the beginning of one large object."""

    def __init__(self) -> None:
        self._values = CUT_VALUES
        self._characters = MAX_CHARACTERS

    def of(self, item: Any, depth: int = 0) -> str:
        self._values -= 1
        if type(item) in _NUMBERS:
            return repr(item)
        if self._values < 0 or self._characters <= 0 or depth > _MAX_DEPTH:
            return _MORE
        if isinstance(item, _STRINGS):
            return self._string(item)
        if isinstance(item, _CONTAINERS) and _has_standard_text(type(item)):
            return self._container(item, depth)
        return self._object(item, depth)

    def _container(self, item: Any, depth: int) -> str:
        if isinstance(item, _MAPPINGS):
            return f"{{{self._joined(self._items(item, depth))}}}"
        opening, closing = _brackets(item)
        inner = (self.of(each, depth + 1) for each in item)
        return f"{opening}{self._joined(inner)}{closing}"

    def _string(self, item: str | bytes | bytearray) -> str:
        weight = _weight(item)
        beginning = item[: self._characters // weight + 1]
        self._characters -= len(beginning) * weight
        return repr(beginning) + (_MORE if len(beginning) < len(item) else "")

    def _items(self, item: Mapping[Any, Any], depth: int) -> Iterator[str]:
        for key, value in item.items():
            yield f"{self.of(key, depth + 1)}: {self.of(value, depth + 1)}"

    def _object(self, item: object, depth: int) -> str:
        self._values -= _OBJECT
        if _is_error(item):
            arguments = (self.of(each, depth + 1) for each in item.args)
            return f"{type(item).__name__}({self._joined(arguments)})"
        fields = _fields(item)
        if fields is None:
            text = repr(item)[: self._characters]
            self._characters -= len(text)
            return text
        inner = (f"{name}={self.of(each, depth + 1)}" for name, each in fields.items())
        return f"{_name_in_text(item)}({self._joined(inner)})"

    def _joined(self, texts: Iterable[str]) -> str:
        taken = []
        for text in texts:
            taken.append(text)
            if self._values < 0 or self._characters <= 0:
                return ", ".join(taken).removesuffix(_MORE) + _MORE
        return ", ".join(taken)


def _name_in_text(item: object) -> str:
    kind = type(item)
    return "namespace" if kind is SimpleNamespace else kind.__name__


def _brackets(item: object) -> tuple[str, str]:
    if isinstance(item, tuple):
        return "(", ")"
    return ("{", "}") if isinstance(item, set | frozenset) else ("[", "]")
