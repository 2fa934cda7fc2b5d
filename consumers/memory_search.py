"""Searching the memory of one tenant: by meaning, by words, or both.

ClickHouse's vector index knows nothing of tenants, and where the sort key narrows a part
it is not used at all. So the tenant is checked behind the index, out of sight of the sort
key. What the index gives is in order of distance over all tenants: as long as enough of
the tenant is left, these are the tenant's nearest. Where not, more is asked for, and at
last the tenant's rows are compared one by one, which the sort key makes quick for just
those tenants that are small.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from pilotfish.consumers.problem_vectors import ProblemVectors
from pilotfish.schemas.remembered import Remembered, SearchMode, check
from pilotfish.schemas.settings import Settings
from pilotfish.streams.clickhouse import ClickHouse

_AT_LAST: Final = 1000
"""Rows asked of the index where the first were other tenants'; ClickHouse allows no more."""
_FUSED: Final = 60
"""Reciprocal rank fusion's constant (Cormack, Clarke and Buettcher 2009)."""
_WORD: Final = re.compile(r"[0-9a-z]+")

_COLUMNS: Final = """attempt_id, problem, problem_type, approach, outcome, p_success,
    cosineDistance(embedding, {vector}) AS distance, cost, duration_s, steps, actions,
    last_offset"""
# ClickHouse's own 256 candidates take a third longer; recall at 10 is 0.99 without them.
_BY_INDEX: Final = f"""
SELECT {_COLUMNS} FROM memory
WHERE identity(tenant) = %(tenant)s AND embedder = %(embedder)s
ORDER BY distance LIMIT %(limit)s
SETTINGS hnsw_candidate_list_size_for_search = 64
"""  # noqa: S608 - of our own names
# The sum hides the distance from the index.
_ONE_BY_ONE: Final = _BY_INDEX.replace("identity(tenant)", "tenant").replace(
    "BY distance", "BY distance + 0"
)
_BY_WORDS: Final = f"""
SELECT {_COLUMNS} FROM memory
WHERE tenant = %(tenant)s AND embedder = %(embedder)s AND {{words}}
ORDER BY at DESC LIMIT %(limit)s
"""  # noqa: S608 - of our own names


def search(
    clickhouse: ClickHouse,
    vectors: ProblemVectors,
    tenant: str,
    text: str,
    k: int = 5,
    mode: SearchMode = "meaning",
) -> list[Remembered]:
    """Return at most `k` attempts of the tenant, the best first, each as it is now.

    By meaning, the nearest come first; by words, the newest whose problem has all of
    them, whatever their case; both lists are fused by the ranks in them.

    Raises:
        ConfigurationError: `text` is empty, or `k` not within 1 to 100.
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    check(text, k)
    asked = _Search(clickhouse, vectors, tenant, text)
    if mode == "meaning":
        return asked.by_meaning(k)
    if mode == "words":
        return asked.by_words(k)
    return fused([asked.by_meaning(k), asked.by_words(k)])[:k]


class _Search:
    """One search: what it asks ClickHouse for."""

    def __init__(
        self, clickhouse: ClickHouse, vectors: ProblemVectors, tenant: str, text: str
    ) -> None:
        self._clickhouse = clickhouse
        self._text = text
        self._parameters = {"tenant": tenant, "embedder": vectors.name}
        [vector] = vectors.embed([text])
        # As text, 384 numbers take 4 ms longer to read.
        packed = vector.astype("<f4").tobytes().hex()
        self._vector = f"reinterpret(unhex('{packed}'), 'Array(Float32)')"

    def by_meaning(self, k: int) -> list[Remembered]:
        # An attempt has several rows until its versions are merged.
        first = 2 * k + 10
        for limit in (first, min(10 * first, _AT_LAST), _AT_LAST):
            found = self._found(_BY_INDEX, limit)
            if len(found) >= k:
                return found[:k]
        return self._found(_ONE_BY_ONE, _AT_LAST)[:k]

    def by_words(self, k: int) -> list[Remembered]:
        words = sorted(set(_WORD.findall(self._text.lower())))
        if not words:
            return []
        has = " AND ".join(f"hasToken(lower(problem), '{word}')" for word in words)
        return self._found(_BY_WORDS, 4 * k + 10, words=has)[:k]

    def _found(self, sql: str, limit: int, **parts: str) -> list[Remembered]:
        """Return attempts in order, each once, by its newest row."""
        text = sql.format(vector=self._vector, **parts)
        rows = self._clickhouse.query(text, self._parameters | {"limit": limit})
        newest: dict[str, tuple[Any, ...]] = {}
        for row in rows:
            known = newest.setdefault(row[0], row)
            if row[-1] > known[-1]:
                newest[row[0]] = row
        return [_remembered(row) for row in newest.values()]


def _remembered(row: Sequence[Any]) -> Remembered:
    found = Remembered(*row[:-1])
    return replace(found, similarity=1 - found.similarity, actions=tuple(found.actions))


def fused(lists: Iterable[Sequence[Remembered]]) -> list[Remembered]:
    """Return all attempts, best first: each list gives one 1 / (60 + its rank)."""
    score: dict[str, float] = {}
    one_of: dict[str, Remembered] = {}
    for found in lists:
        for rank, one in enumerate(found, 1):
            one_of.setdefault(one.attempt_id, one)
            score[one.attempt_id] = score.get(one.attempt_id, 0.0) + 1 / (_FUSED + rank)
    return [one_of[key] for key in sorted(score, key=lambda key: -score[key])]


def opened(
    settings: Settings,
) -> Callable[[str, str, int, SearchMode], list[Remembered]]:
    """Return `search` with a connection and an encoder of its own; for one thread.

    Raises:
        UnavailableError: the model store has no base advisor.
    """
    return partial(search, ClickHouse(settings), ProblemVectors.of(settings))
