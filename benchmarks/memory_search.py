"""Searching the memory at a million attempts: latency, and recall against exact search.

Run: `python benchmarks/memory_search.py [ROWS] [TEXTS.jsonl.gz ...]`, or make
bench-memory; takes twelve minutes with a million rows, and writes
benchmarks/memory_search.json unless ROWS are given. Vectors are those of the logs'
problems plus noise, so that they form clusters as real ones do; one attempt in ten
belongs to another tenant. Searches have new texts and request five attempts, the default;
recall is of ten. Measured with unmerged parts of 100,000 rows, and with one merged part.
"""

import gzip
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, quantiles

import psutil

from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.search import MemorySearch
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError
from pilotfish.trainers.base import ensure_base

PORT = 28723
PART = 100_000
RESULTS = Path(__file__).with_suffix(".json")
SEARCHES, COMPARED, REQUESTED, K = 200, 50, 5, 10
NOISE = 0.03
"""Of each of 384 numbers: a problem and its variants have a cosine of about 0.86."""
LOGS = ("intercode_sql.jsonl.gz", "theoremqa_gpt4.jsonl.gz")
MERGED_WITHIN_S = 3600

FILL = """
INSERT INTO memory (tenant, attempt_id, version, at, problem, approach, p_success,
    outcome, cost, duration_s, steps, actions, embedder, embedding, last_offset)
SELECT if(number %% 10 = 0, 'other', 'main'), toString(generateUUIDv7(number)), 1, now(),
    problem, 'react', number %% 2, if(number %% 2, 'success', 'failure'), 0.01, 12, 6,
    ['sql', 'sql', 'submit'], %(embedder)s,
    arrayMap(x -> toFloat32(x + randNormal(0, %(noise)s, x)), vector), number
FROM (SELECT number + %(start)s AS number FROM numbers(%(rows)s)) AS n
INNER JOIN seeds ON seeds.id = n.number %% %(seeds)s
"""


def texts(files: Sequence[Path]) -> list[str]:
    """Return the different problems of the logs."""
    return list(dict.fromkeys(_problems(files)))


def _problems(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        with gzip.open(file, "rt") as lines:
            yield from (json.loads(line)["problem"] for line in lines)


def fill(
    clickhouse: ClickHouse, vectors: ProblemVectors, problems: list[str], rows: int
) -> float:
    """Write the rows; return the seconds it took."""
    clickhouse.command(
        "CREATE TABLE seeds (id UInt32, problem String, vector Array(Float32))"
        " ENGINE = Memory"
    )
    embedded = vectors.embed(problems).tolist()
    seeds = list(zip(range(len(problems)), problems, embedded, strict=True))
    clickhouse.insert("seeds", ["id", "problem", "vector"], seeds)
    clickhouse.command("SYSTEM STOP MERGES memory")
    began = time.perf_counter()
    for start in range(0, rows, PART):
        params = {
            "start": start,
            "rows": min(PART, rows - start),
            "seeds": len(seeds),
            "noise": NOISE,
            "embedder": vectors.name,
        }
        clickhouse.command(FILL, params)
        print(
            f"{start + PART} rows, {time.perf_counter() - began:.0f} s", file=sys.stderr
        )
    return time.perf_counter() - began


def measured(
    clickhouse: ClickHouse,
    vectors: ProblemVectors,
    search: MemorySearch,
    tenant: str,
    queries: list[str],
) -> dict[str, object]:
    """Return times in ms of searches, of encoding and of exact search, and the recall."""
    encode, whole = [], []
    for text in queries:
        began = time.perf_counter()
        vectors.embed([text])
        encoded = time.perf_counter()
        search(tenant, text, REQUESTED)  # uses the cached vector
        encode.append((encoded - began) * 1e3)
        whole.append((time.perf_counter() - began) * 1e3)
    compared = [
        exactly(clickhouse, vectors, search, tenant, text)
        for text in queries[:COMPARED]
    ]
    return {
        "search_ms": _spread(whole),
        "of_it_encoding_ms": _spread(encode),
        "exact_ms": _spread([ms for ms, _ in compared]),
        "recall_at_10": round(mean(recall for _, recall in compared), 4),
    }


def exactly(
    clickhouse: ClickHouse,
    vectors: ProblemVectors,
    search: MemorySearch,
    tenant: str,
    text: str,
) -> tuple[float, float]:
    """Return the ms of an exact search, and the share of its ten that a search finds."""
    results = search(tenant, text, K)
    vector = vectors.embed([text])[0].tolist()
    began = time.perf_counter()
    nearest = clickhouse.query(
        "SELECT attempt_id FROM memory WHERE tenant = %(tenant)s"
        " ORDER BY cosineDistance(embedding, %(vector)s) + 0 LIMIT %(k)s",
        {"tenant": tenant, "vector": vector, "k": K},
    )
    ms = (time.perf_counter() - began) * 1e3
    exact = {attempt_id for (attempt_id,) in nearest}
    return ms, len(exact & {result.attempt_id for result in results}) / K


def merge(clickhouse: ClickHouse, settings: Settings) -> float:
    """Merge all parts into one; return the seconds it took."""
    began = time.perf_counter()
    clickhouse.command("SYSTEM START MERGES memory")
    threading.Thread(target=_optimize, args=(settings,), daemon=True).start()
    while parts(clickhouse) > 1 and time.perf_counter() - began < MERGED_WITHIN_S:
        time.sleep(1)
    return time.perf_counter() - began


def _optimize(settings: Settings) -> None:
    try:
        ClickHouse(settings).command("OPTIMIZE TABLE memory FINAL")
    except PilotfishError as error:  # the statement continues in ClickHouse
        print(error, file=sys.stderr)


def parts(clickhouse: ClickHouse) -> int:
    """Return the number of parts of the table."""
    [(count,)] = clickhouse.query(
        "SELECT count() FROM system.parts WHERE table = 'memory' AND active"
    )
    return int(count)


def _spread(times: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(times, n=20)
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2)}


def main() -> None:
    """Fill, measure, merge, measure again."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    data = Path(__file__).resolve().parents[1].parent / "shared/data"
    files = [Path(name) for name in sys.argv[2:]] or [data / name for name in LOGS]
    result: dict[str, object] = {"rows": rows, "cores": psutil.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with EmbeddedClickHouse(home / "clickhouse", PORT) as gateway:
            settings = Settings(home=home, clickhouse=gateway.url)
            ensure_base(settings)
            clickhouse, vectors = ClickHouse(settings), ProblemVectors.of(settings)
            migrate(clickhouse)
            problems = texts(files)
            result["fill_s"] = round(fill(clickhouse, vectors, problems, rows))
            for state in ("as_inserted", "merged"):
                if state == "merged":
                    result["merge_s"] = round(merge(clickhouse, settings))
                result[state] = _state(clickhouse, vectors, problems, state)
                print(json.dumps(result), file=sys.stderr)
            memory = psutil.Process(gateway.pid).memory_info().rss / 1e9
            result["clickhouse_rss_gb"] = round(memory, 2)
    text = json.dumps(result, indent=2)
    if len(sys.argv) == 1:
        RESULTS.write_text(text + "\n")
    print(text)


def _state(
    clickhouse: ClickHouse, vectors: ProblemVectors, problems: list[str], state: str
) -> dict[str, object]:
    drawn = random.Random(state).sample(problems, SEARCHES)  # noqa: S311
    queries = [f"{text} Answer for {state}." for text in drawn]
    search = MemorySearch(clickhouse, vectors)
    search("main", "loads the index", K)
    numbers: dict[str, object] = {"parts": parts(clickhouse)}
    for tenant in ("main", "other"):
        numbers[tenant] = measured(clickhouse, vectors, search, tenant, queries)
        queries = [f"{text} Again." for text in queries]
    return numbers


if __name__ == "__main__":
    main()
