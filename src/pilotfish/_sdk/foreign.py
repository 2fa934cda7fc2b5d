"""Objects of libraries that need not be installed: nothing is known of their classes."""

from collections.abc import Mapping


def read(target: object, name: str) -> object:
    """Return an attribute, or an item of a mapping; None where there is none."""
    try:
        if isinstance(target, Mapping):
            return target.get(name)
        return getattr(target, name, None)
    except BaseException:  # noqa: BLE001 - a property of a foreign object may raise anything
        return None
