"""Objects of which there is one: agents copy and pickle their state with these in it."""

from typing import NoReturn, Self

from pilotfish.schemas.errors import NotPicklableError


class Single:
    """A copy is the same object, and pickling it is an error that says what to do."""

    _instead = "connect in the other process"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise NotPicklableError(
            f"{type(self).__name__} belongs to this process and cannot be pickled: "
            f"{self._instead}"
        )
