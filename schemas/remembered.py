"""What a search of the memory returns; free of pydantic, because the SDK shows it."""

from dataclasses import dataclass
from typing import Literal

from pilotfish.schemas.errors import ConfigurationError

SearchMode = Literal["meaning", "words", "both"]
"""By embedding, by words that must all occur, or both lists fused."""

MOST = 100
"""Attempts that a search returns at most."""


def check(text: str, k: int) -> None:
    """Refuse what cannot be searched for.

    Raises:
        ConfigurationError: `text` is empty, or `k` not within 1 to 100.
    """
    if not text.strip() or not 1 <= k <= MOST:
        raise ConfigurationError(f"search for a text, with k from 1 to {MOST}")


@dataclass(frozen=True, slots=True)
class Remembered:
    """An attempt that was made before at a problem like the one asked for.

    `similarity` is the cosine of the two problems' embeddings, 1 for the same text.
    `outcome` is success or failure, or why the label abstains; then `p_success` is None.
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
