"""Searches the memory of one tenant: by meaning, by words, or both.

ClickHouse's vector index ignores tenants, and ClickHouse does not use it where the sort
key narrows a part. So the query filters by tenant after the index, in a form that hides
the filter from the sort key. The index returns rows of all tenants by distance; the
smaller a tenant's share, the more rows the query requests. Where the tenant has few rows,
or too few are left, an exact scan compares them all, which the sort key makes fast.
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
from pilotfish.schemas.texts import encodable

_MOST_ROWS: Final = 1000
"""Rows requested of the index in the last try; ClickHouse allows no more."""
_FEW: Final = 20_000
"""Up to this many vectors, an exact scan is as fast as the index."""
_COUNT_EVERY_S: Final = 60.0
_FUSION: Final = 60
"""Reciprocal rank fusion's constant (Cormack, Clarke and Buettcher 2009)."""
_WORD: Final = re.compile(r"[0-9a-z]+")

_COLUMNS: Final = """attempt_id, last_offset,
    cosineDistance(embedding, {vector}) AS distance, brief"""
# ClickHouse's own 256 candidates take a third longer; recall at 10 is 0.99 without them.
# The embedder is checked in `brief`: as a condition here it would take a millisecond.
_BY_INDEX: Final = f"""
SELECT {_COLUMNS} FROM memory
WHERE identity(tenant) = %(tenant)s
ORDER BY distance LIMIT %(limit)s
SETTINGS hnsw_candidate_list_size_for_search = 64
"""  # noqa: S608 - of our own names
_OWN: Final = "tenant = %(tenant)s AND embedder = %(embedder)s"
# `+ 0` keeps ClickHouse from using the index.
_EXACT: Final = f"""
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
        columns = self._asdict()
        del columns["embedder"]
        return Remembered(attempt_id=attempt_id, similarity=similarity, **columns)


_BRIEFS: Final = TypeAdapter(_Brief)


class MemorySearch:
    """Searches the memory; not safe to share among threads."""

    def __init__(self, clickhouse: ClickHouse, vectors: ProblemVectors) -> None:
        self._clickhouse = clickhouse
        self._vectors = vectors
        self._density: dict[str, float] = {}
        self._count_at = time.monotonic()

    def __call__(
        self, tenant: str, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        """Return at most `k` current attempts of the tenant, the best first.

        By meaning, the nearest problems come first; by words, the newest attempts whose
        problem contains all words in any case. `both` fuses the two lists by rank.

        Raises:
            ConfigurationError: `text` is empty, or `k` is not within 1 to 100.
            UnavailableError, StorageError: as `ClickHouse.query`.
        """
        check(text, k)
        query = _Query(self._clickhouse, self._vectors, tenant, encodable(text))
        if mode == "words":
            return query.by_words(k)
        nearest = query.by_meaning(k, self._density_of(tenant))
        return nearest if mode == "meaning" else fused([nearest, query.by_words(k)])[:k]

    def _density_of(self, tenant: str) -> float:
        """Return the tenant's rows found per requested row, at most 1; 0 for a small tenant.

        Refreshed each minute. Each part of the table has an index of its own, and each
        index returns the requested number.
        """
        if time.monotonic() >= self._count_at:
            embedder = {"embedder": self._vectors.name}
            self._density = {
                name: min(rows / total * parts, 1.0)
                for name, rows, parts, total in self._clickhouse.query(
                    _COUNTS, embedder
                )
                if rows > _FEW
            }
            self._count_at = time.monotonic() + _COUNT_EVERY_S
        return self._density.get(tenant, 0.0)


class _Query:
    """One search in ClickHouse."""

    def __init__(
        self, clickhouse: ClickHouse, vectors: ProblemVectors, tenant: str, text: str
    ) -> None:
        self._clickhouse = clickhouse
        self._text = text
        self._params = {"tenant": tenant, "embedder": vectors.name}
        [vector] = vectors.embed([text])
        # Written as text, 384 numbers take ClickHouse 4 ms longer to parse.
        packed = vector.astype("<f4").tobytes().hex()
        self._vector = f"reinterpret(unhex('{packed}'), 'Array(Float32)')"

    def by_meaning(self, k: int, density: float) -> list[Remembered]:
        # An attempt has several rows until its versions are merged. Requesting twice as
        # many rows takes half as long again; a second request is rare.
        own_rows = k + 5
        if density:
            first = min(round(own_rows / density), _MOST_ROWS)
            for limit in sorted({first, min(2 * first, _MOST_ROWS), _MOST_ROWS}):
                attempts = self._attempts(_BY_INDEX, limit)
                if len(attempts) >= k:
                    return attempts[:k]
        return self._attempts(_EXACT, 20 * own_rows)[:k]

    def by_words(self, k: int) -> list[Remembered]:
        words = sorted(set(_WORD.findall(self._text.lower())))
        if not words:
            return []
        has_all = " AND ".join(f"hasToken(lower(problem), '{word}')" for word in words)
        return self._attempts(_BY_WORDS, 4 * k + 10, words=has_all)[:k]

    def _attempts(self, sql: str, limit: int, **parts: str) -> list[Remembered]:
        """Return attempts in the query's order, each once, by its newest row."""
        sql = sql.format(vector=self._vector, **parts)
        rows = self._clickhouse.query(sql, self._params | {"limit": limit})
        newest: dict[str, tuple[int, Remembered]] = {}
        for attempt_id, offset, distance, text in rows:
            brief = _BRIEFS.validate_json(text)
            newest_offset, _ = newest.get(attempt_id, (-1, None))
            if brief.embedder == self._params["embedder"] and offset > newest_offset:
                newest[attempt_id] = offset, brief.of(attempt_id, 1 - distance)
        return [attempt for _, attempt in newest.values()]


def fused(lists: Iterable[Sequence[Remembered]]) -> list[Remembered]:
    """Return all attempts, best first: each list adds 1 / (60 + rank) to the score."""
    score: dict[str, float] = {}
    by_id: dict[str, Remembered] = {}
    for attempts in lists:
        for rank, attempt in enumerate(attempts, 1):
            name = attempt.attempt_id
            by_id.setdefault(name, attempt)
            score[name] = score.get(name, 0.0) + 1 / (_FUSION + rank)
    return [by_id[key] for key in sorted(score, key=lambda key: -score[key])]


def opened(settings: Settings) -> MemorySearch:
    """Return a search with its own connection and encoder.

    Raises:
        UnavailableError: the model store has no base advisor.
    """
    return MemorySearch(ClickHouse(settings), ProblemVectors.of(settings))
