"""The result of a memory search; without pydantic, because importing it is slow."""

from dataclasses import dataclass
from typing import Literal

from pilotfish.schemas.errors import ConfigurationError

SearchMode = Literal["meaning", "words", "both"]
"""By embedding, by words that must all occur, or by both rankings fused."""

MAX_RESULTS = 100
"""Most attempts that a search returns."""


def check(text: str, k: int) -> None:
    """Validate the arguments of a search.

    Raises:
        ConfigurationError: `text` is empty, or `k` is not within 1 to 100.
    """
    given: object = k  # by an agent, whose types nobody checks
    if not (text.strip() and isinstance(given, int) and 1 <= given <= MAX_RESULTS):
        raise ConfigurationError(
            f"give the search a text that is not empty, and k from 1 to {MAX_RESULTS}"
        )


@dataclass(frozen=True, slots=True)
class Remembered:
    """A past attempt at a problem similar to the one searched for.

    `similarity` is the cosine of the two problems' embeddings, 1 for the same text.
    `outcome` is success, failure, or why the label abstains; then `p_success` is None.
    `actions` are the names of the first actions, in order.
    """

    attempt_id: str
    problem: str
    problem_type: str
    approach: str
    outcome: str
    p_success: float | None
    similarity: float
    cost: float
    duration_s: float
    steps: int
    actions: tuple[str, ...]
