"""Exceptions for tests, raised as programs and providers raise them."""

from collections.abc import Callable
from itertools import count

NUMBERS = count()
"""Names have to differ, and to be the same in each worker."""


def named(name: str, base: type[Exception] = Exception) -> Exception:
    """Return an exception of a class of this name, as a provider's package has it."""
    kind: type[Exception] = type(name, (base,), {})
    return kind("from a provider")


def with_attributes(**attributes: object) -> Exception:
    error = Exception("from a provider")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def raised(action: Callable[[], object]) -> BaseException:
    """Return what an action raises, with its causes as Python sets them."""
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def handled(first: BaseException, then: Callable[[], object]) -> BaseException:
    """Return what is raised while another exception is handled, without `from`."""

    def action() -> None:
        try:
            raise first
        except BaseException:  # noqa: BLE001 - whatever it is
            then()

    return raised(action)


def throw(error: BaseException, cause: BaseException | bool | None = True) -> None:
    if cause is True:
        raise error
    raise error from (cause or None)


class HostileError(Exception):
    @property
    def status_code(self) -> int:
        raise RuntimeError("not even this")

    def __str__(self) -> str:
        raise RuntimeError("nor that")


def raised_from(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


LIMITED = named("RateLimitError")
