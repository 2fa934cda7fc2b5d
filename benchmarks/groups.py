"""Groups of problems that nobody sorted, against the types that somebody knew.

    .venv/bin/python benchmarks/groups.py [--json FILE]

Problems come in a random order through the code of the memory: they join clusters one by
one, and every 200 groups are made anew and read back as after a restart. The measure is adjusted mutual information (Vinh et al., 2010): 1 is the same
sorting, 0 is chance. `intercode_sql` chose the settings; reasoning_gym's families did not.
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

from pilotfish.consumers.memory.groups.clusters import Cluster, Clusters
from pilotfish.consumers.memory.groups.grouping import grouped
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.demo.problems import draw_problems
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log import read_attempts
from pilotfish.trainers.base import ensure_base

DATA = Path(__file__).parents[2] / "shared" / "data"
EVERY = 200
FAMILIES = 1500
"""Problems of reasoning_gym that are drawn."""

Typed = dict[str, str]
"""Problem -> its type."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the numbers there, too")
    chosen = parser.parse_args()
    settings = Settings()
    ensure_base(settings)
    vectors = ProblemVectors.of(settings)
    worlds = {
        "reasoning_gym, by family": families(),
        "intercode_sql, by database": databases(),
    }
    found = {name: agreement(vectors, typed) for name, typed in worlds.items()}
    table = Table("problems", "types", "groups", "AMI")
    for name, one in found.items():
        table.add_row(name, str(one["types"]), str(one["groups"]), f"{one['ami']:.2f}")
    Console().print(table)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def families() -> Typed:
    """Return made-up problems by family, as the demo draws them."""
    return {one.text: one.family for one in draw_problems(FAMILIES, seed=1)}


def databases() -> Typed:
    """Return the log's problems by the database they ask."""
    logged = read_attempts(DATA / "intercode_sql.jsonl.gz")
    return {one.problem: one.problem_type for one in logged}


def agreement(vectors: ProblemVectors, typed: Typed) -> dict[str, float]:
    """Return the AMI of groups and types, and how many there are of each."""
    order = random.Random(0)  # noqa: S311 - an experiment, no secret
    problems = order.sample(sorted(typed), len(typed))
    groups = list(_grouped(vectors, problems))
    types = [typed[problem] for problem in problems]
    ami = adjusted_mutual_info_score(types, groups)
    counts = {"types": len(set(types)), "groups": len(set(groups))}
    return {**counts, "problems": len(problems), "ami": round(float(ami), 3)}


def _grouped(vectors: ProblemVectors, problems: list[str]) -> Iterator[str]:
    known: dict[str, Cluster] = {}
    clusters, joined = Clusters(), []
    for number, vector in enumerate(vectors.embed(problems), start=1):
        name, new = clusters.join(str(number), vector)
        joined.append(name)
        if new is not None:
            known[name] = new
        if number % EVERY == 0 or number == len(problems):
            groups = grouped(list(known.values()), Counter(joined)).groups
            known = {n: one._replace(group=groups[n]) for n, one in known.items()}
            clusters = Clusters(list(known.values()))
    return (known[name].group for name in joined)


if __name__ == "__main__":
    sys.exit(main())
