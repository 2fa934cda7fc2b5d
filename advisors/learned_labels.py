"""What was learned of each attempt, so that a label counts once and can be revised."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from pilotfish.schemas.errors import BundleError
from pilotfish.strategies.patterns import Pattern

MOST: Final = 20_000
"""Attempts of a tenant that are remembered, the newest. A label that comes twice comes
soon; a verdict on an older attempt is learned beside the first one."""


class Learned(NamedTuple):
    """One attempt's newest label; `p_success` is None where it taught nothing.

    `changes` is how often the approach had changed when it was learned. `kind` is the
    kind of problem in whose record it counts; empty: in none. `moves` are those that count
    there, and `advised` is what the attempt was advised; older snapshots have neither.
    """

    version: int
    p_success: float | None
    problem_type: str
    approach: str
    changes: int = 0
    kind: str = ""
    moves: Pattern = ()
    advised: str = ""

    def same_row(self, other: "Learned") -> bool:
        """Return whether both are about the same approach and problem type."""
        mine = self.approach, self.problem_type
        return mine == (other.approach, other.problem_type)


NOTHING_LEARNED: Final = Learned(0, None, "", "")
"""What is known of an attempt before its first label."""

_ENTRIES: TypeAdapter[list[tuple[str, Learned]]] = TypeAdapter(
    list[tuple[str, Learned]]
)


class LearnedLabels:
    """The newest attempts of one tenant by attempt_id, in the order of their labels."""

    def __init__(
        self, entries: Iterable[tuple[str, Learned]] = (), most: int = MOST
    ) -> None:
        self._entries = OrderedDict(entries)
        self._most = most

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the entries that `to_bytes` wrote.

        Raises:
            BundleError: these bytes are something else.
        """
        try:
            return cls(_ENTRIES.validate_json(content))
        except ValidationError as error:
            raise BundleError(
                f"these bytes are not a list of learned labels: {error}"
            ) from error

    def to_bytes(self) -> bytes:
        """Return all entries as JSON."""
        return to_json(list(self._entries.items()))

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, attempt_id: str) -> Learned | None:
        """Return what was learned of an attempt; None if nothing, or long ago."""
        return self._entries.get(attempt_id)

    def put(self, attempt_id: str, learned: Learned) -> None:
        """Note what an attempt teaches now; a full list drops its oldest entry."""
        self._entries[attempt_id] = learned
        self._entries.move_to_end(attempt_id)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
