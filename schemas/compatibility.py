"""Compares JSON Schemas: whether one allows everything that another one allows.

It understands the keywords that pydantic writes for messages. An unknown keyword, and a
changed pattern or format, count as breaking: raising a version is cheap, and guessing is
not. Validators in code are not part of a schema and are not considered.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_ANNOTATIONS: Final = {"$defs", "title", "description", "default", "examples"}
_LOWER_BOUNDS: Final = {
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
}
_UPPER_BOUNDS: Final = {
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
}
_STRUCTURE: Final = {
    "type",
    "enum",
    "const",
    "anyOf",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what `old` allows and `new` refuses: one line each, with place and reason.

    Empty if every value that is valid under `old` is valid under `new`. Schemas must
    not refer to themselves; ours do not.
    """
    return list(_Comparison(old, new).of(old, new, "message"))


class _Comparison:
    """Two schemas, each with its own definitions."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old_defs: Schema = old.get("$defs", {})
        self._new_defs: Schema = new.get("$defs", {})

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        old, new = _resolved(old, self._old_defs), _resolved(new, self._new_defs)
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(old, new, place)
            return
        yield from _narrowed_type(old, new, place)
        yield from _narrowed_values(old, new, place)
        yield from _narrowed_bounds(old, new, place)
        yield from _other_keywords(old, new, place)
        for key in ("items", "propertyNames"):
            if key in new:
                yield from self.of(old.get(key, {}), new[key], f"{place}[{key}]")
        yield from self._properties(old, new, place)

    def _alternatives(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """Each old alternative must be fully allowed by one new alternative."""
        offers = new.get("anyOf", [new])
        for number, choice in enumerate(old.get("anyOf", [old])):
            tried = [list(self.of(choice, offer, place)) for offer in offers]
            if all(tried):
                fewest: list[str] = min(tried, key=len)
                yield f"{place}: alternative {number} is gone ({'; '.join(fewest)})"

    def _properties(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted({*new.get("required", ())} - {*old.get("required", ())}):
            yield f"{place}.{name}: is required now"
        # Other properties fall under additionalProperties, which allows all if absent.
        others, now = (
            schema.get("additionalProperties", True) for schema in (old, new)
        )
        for name in sorted({*before, *after}):
            allowed = before.get(name, others), after.get(name, now)
            yield from self._allowed(*allowed, f"{place}.{name}")
        yield from self._allowed(others, now, f"{place}.*")

    def _allowed(
        self, old: bool | Schema, new: bool | Schema, place: str
    ) -> Iterator[str]:
        """Compare what a place allows: a schema, anything (True), or nothing (False)."""
        if old is False or new is True:
            return
        if new is False:
            yield f"{place}: is not allowed any more"
        else:
            yield from self.of({} if old is True else old, new, place)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _narrowed_type(old: Schema, new: Schema, place: str) -> Iterator[str]:
    was, now = old.get("type"), new.get("type")
    if now not in (None, was) and (was, now) != ("integer", "number"):
        yield f"{place}: was {was or 'anything'}, is {now}"


def _narrowed_values(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, after = _values(old), _values(new)
    if after is None:
        return
    if before is None:
        yield f"{place}: only {after} now"
        return
    for value in before:
        if value not in after:
            yield f"{place}: {value!r} is gone"


def _values(schema: Schema) -> list[Any] | None:
    """Return the closed set of values, None where it is open."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _narrowed_bounds(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for key in sorted((_LOWER_BOUNDS | _UPPER_BOUNDS) & new.keys()):
        was, now = old.get(key), new[key]
        if was is None or (was < now if key in _LOWER_BOUNDS else was > now):
            yield f"{place}: {key} was {was}, is {now}"


def _other_keywords(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for key in sorted(
        new.keys() - _ANNOTATIONS - _LOWER_BOUNDS - _UPPER_BOUNDS - _STRUCTURE
    ):
        if old.get(key) != new[key]:
            yield f"{place}: {key} was {old.get(key)!r}, is {new[key]!r}"
