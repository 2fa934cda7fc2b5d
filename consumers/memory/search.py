"""Searching the memory of one tenant: by meaning, by words, or both.

ClickHouse's vector index knows nothing of tenants, and where the sort key narrows a part
it is not used at all. So the tenant is checked behind the index, out of sight of the sort
key. What the index gives is in order of distance over all tenants: as long as enough of
the tenant is left, these are the tenant's nearest. So the smaller a tenant's share, the
more is asked for; and rows of a tenant that has few, or of whom too few were left, are
compared one by one, which the sort key makes quick for just those.
"""

import re
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.remembered import Remembered, SearchMode, check

_AT_LAST: Final = 1000
"""Rows asked of the index where the first were other tenants'; ClickHouse allows no more."""
_FEW: Final = 20_000
"""So many vectors are compared one by one as fast as the index finds some of them."""
_COUNTED_S: Final = 60.0
_FUSED: Final = 60
"""Reciprocal rank fusion's constant (Cormack, Clarke and Buettcher 2009)."""
_WORD: Final = re.compile(r"[0-9a-z]+")

_COLUMNS: Final = """attempt_id, last_offset,
    cosineDistance(embedding, {vector}) AS distance, brief"""
# ClickHouse's own 256 candidates take a third longer; recall at 10 is 0.99 without them.
# Who embedded a row stands in its brief: as a condition it takes a millisecond.
_BY_INDEX: Final = f"""
SELECT {_COLUMNS} FROM memory
WHERE identity(tenant) = %(tenant)s
ORDER BY distance LIMIT %(limit)s
SETTINGS hnsw_candidate_list_size_for_search = 64
"""  # noqa: S608 - of our own names
_OWN: Final = "tenant = %(tenant)s AND embedder = %(embedder)s"
# The sum hides the distance from the index.
_ONE_BY_ONE: Final = f"""
SELECT {_COLUMNS} FROM memory WHERE {_OWN}
ORDER BY distance + 0 LIMIT %(limit)s
"""  # noqa: S608 - of our own names
_BY_WORDS: Final = f"""
SELECT {_COLUMNS} FROM memory WHERE {_OWN} AND {{words}}
ORDER BY at DESC LIMIT %(limit)s
"""  # noqa: S608 - of our own names
_COUNTS: Final = """
SELECT tenant, countIf(embedder = %(embedder)s), uniqExact(_part), sum(count()) OVER ()
FROM memory GROUP BY tenant
"""


class _Brief(NamedTuple):
    """The column `brief`, as infra/clickhouse/0018_memory_brief.sql defines it."""

    problem: str
    problem_type: str
    approach: str
    outcome: str
    p_success: float | None
    cost: float
    duration_s: float
    steps: int
    actions: tuple[str, ...]
    embedder: str

    def of(self, attempt_id: str, similarity: float) -> Remembered:
        shown = self._asdict()
        del shown["embedder"]
        return Remembered(attempt_id=attempt_id, similarity=similarity, **shown)


_BRIEFS: Final = TypeAdapter(_Brief)


class MemorySearch:
    """Searches the memory; for one thread."""

    def __init__(self, clickhouse: ClickHouse, vectors: ProblemVectors) -> None:
        self._clickhouse = clickhouse
        self._vectors = vectors
        self._density: dict[str, float] = {}
        self._count_at = time.monotonic()

    def __call__(
        self, tenant: str, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        """Return at most `k` attempts of the tenant, the best first, each as it is now.

        By meaning, the nearest come first; by words, the newest whose problem has all of
        them, whatever their case; both lists are fused by the ranks in them.

        Raises:
            ConfigurationError: `text` is empty, or `k` not within 1 to 100.
            UnavailableError, StorageError: as `ClickHouse.query`.
        """
        check(text, k)
        asked = _Question(self._clickhouse, self._vectors, tenant, text)
        if mode == "words":
            return asked.by_words(k)
        near = asked.by_meaning(k, self._density_of(tenant))
        return near if mode == "meaning" else fused([near, asked.by_words(k)])[:k]

    def _density_of(self, tenant: str) -> float:
        """Return how many of a tenant's rows a row asked for finds; 0 where it has few.

        Of late, and at most 1. Each part of the table has an index, that gives so many.
        """
        if time.monotonic() >= self._count_at:
            embedder = {"embedder": self._vectors.name}
            self._density = {
                of: min(rows / every * parts, 1.0)
                for of, rows, parts, every in self._clickhouse.query(_COUNTS, embedder)
                if rows > _FEW
            }
            self._count_at = time.monotonic() + _COUNTED_S
        return self._density.get(tenant, 0.0)


class _Question:
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

    def by_meaning(self, k: int, density: float) -> list[Remembered]:
        # An attempt has several rows until its versions are merged. To ask for twice as
        # many at once takes half as long again; to ask again is rare.
        own = k + 5
        if density:
            first = min(round(own / density), _AT_LAST)
            for limit in sorted({first, min(2 * first, _AT_LAST), _AT_LAST}):
                found = self._found(_BY_INDEX, limit)
                if len(found) >= k:
                    return found[:k]
        return self._found(_ONE_BY_ONE, 20 * own)[:k]

    def by_words(self, k: int) -> list[Remembered]:
        words = sorted(set(_WORD.findall(self._text.lower())))
        if not words:
            return []
        has = " AND ".join(f"hasToken(lower(problem), '{word}')" for word in words)
        return self._found(_BY_WORDS, 4 * k + 10, words=has)[:k]

    def _found(self, sql: str, limit: int, **parts: str) -> list[Remembered]:
        """Return attempts in order, each once, by its newest row."""
        sql = sql.format(vector=self._vector, **parts)
        rows = self._clickhouse.query(sql, self._parameters | {"limit": limit})
        newest: dict[str, tuple[int, Remembered]] = {}
        for attempt_id, offset, distance, text in rows:
            brief = _BRIEFS.validate_json(text)
            known, _ = newest.get(attempt_id, (-1, None))
            if brief.embedder == self._parameters["embedder"] and offset > known:
                newest[attempt_id] = offset, brief.of(attempt_id, 1 - distance)
        return [one for _, one in newest.values()]


def fused(lists: Iterable[Sequence[Remembered]]) -> list[Remembered]:
    """Return all attempts, best first: each list gives one 1 / (60 + its rank)."""
    score: dict[str, float] = {}
    one_of: dict[str, Remembered] = {}
    for found in lists:
        for rank, one in enumerate(found, 1):
            one_of.setdefault(one.attempt_id, one)
            score[one.attempt_id] = score.get(one.attempt_id, 0.0) + 1 / (_FUSED + rank)
    return [one_of[key] for key in sorted(score, key=lambda key: -score[key])]


def opened(settings: Settings) -> MemorySearch:
    """Return a search with a connection and an encoder of its own.

    Raises:
        UnavailableError: the model store has no base advisor.
    """
    return MemorySearch(ClickHouse(settings), ProblemVectors.of(settings))
