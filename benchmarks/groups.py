"""Groups of unlabelled problems, against the problems' true types.

    .venv/bin/python benchmarks/groups.py [--json FILE]

Problems pass in a random order through the memory's code: each joins a cluster, and every
200 problems the groups are recomputed and read back as after a restart. The measure is
adjusted mutual information (Vinh et al., 2010): 1 is the same partition, 0 is chance.
`intercode_sql` chose the settings; reasoning_gym's families did not.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sklearn.metrics import adjusted_mutual_info_score

from pilotfish.consumers.memory.groups.clusters import Cluster, Clusters, grouped
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.demo.problems import draw_problems
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.trainers.base import ensure_base

DATA = Path(__file__).parents[2] / "shared" / "data"
EVERY = 200
FAMILIES = 1500
"""Problems drawn from reasoning_gym."""

Typed = dict[str, str]
"""Problem -> its type."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    settings = Settings()
    ensure_base(settings)
    vectors = ProblemVectors.of(settings)
    logs = {
        "reasoning_gym, by family": families(),
        "intercode_sql, by database": databases(),
    }
    results = {name: agreement(vectors, types) for name, types in logs.items()}
    table = Table("problems", "types", "groups", "AMI")
    for name, row in results.items():
        table.add_row(name, str(row["types"]), str(row["groups"]), f"{row['ami']:.2f}")
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def families() -> Typed:
    """Return generated problems by family, as the demo draws them."""
    return {problem.text: problem.family for problem in draw_problems(FAMILIES, seed=1)}


def databases() -> Typed:
    """Return the log's problems by their database."""
    logged = read_attempts(DATA / "intercode_sql.jsonl.gz")
    return {attempt.problem: attempt.problem_type for attempt in logged}


def agreement(vectors: ProblemVectors, typed: Typed) -> dict[str, float]:
    """Return the AMI of groups and types, and the number of each."""
    order = random.Random(0)  # noqa: S311 - an experiment, no secret
    problems = order.sample(sorted(typed), len(typed))
    groups = list(_grouped(vectors, problems))
    types = [typed[problem] for problem in problems]
    ami = adjusted_mutual_info_score(types, groups)
    counts = {"types": len(set(types)), "groups": len(set(groups))}
    return {**counts, "problems": len(problems), "ami": round(float(ami), 3)}


def _grouped(vectors: ProblemVectors, problems: list[str]) -> Iterator[str]:
    by_name: dict[str, Cluster] = {}
    clusters, joined = Clusters(), []
    for number, vector in enumerate(vectors.embed(problems), start=1):
        name, new = clusters.join(str(number), vector)
        joined.append(name)
        if new is not None:
            by_name[name] = new
        if number % EVERY == 0 or number == len(problems):
            groups = grouped(list(by_name.values()), Counter(joined)).clusters
            by_name = {n: c._replace(group=groups[n]) for n, c in by_name.items()}
            clusters = Clusters(list(by_name.values()))
    return (by_name[name].group for name in joined)


if __name__ == "__main__":
    sys.exit(main())
