"""Results of tau-bench: a list of tasks with the conversation and the reward of each."""

from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import conversation
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import Format, Sample, of_records
from pilotfish.schemas.imports.values import mappings

_NAME: Final = "tau-bench"
_READS: Final = ("task_id", "reward", "traj", "trial")
_NEEDED: Final = {"task_id", "reward", "traj"}


def _is_this(sample: Sample) -> bool:
    return any(isinstance(r, dict) and r.keys() >= _NEEDED for r in sample.records)


def _attempt(record: dict[str, Any]) -> Fields:
    reward = record.get("reward")
    verdict = {"kind": "verifier", "value": reward, "detail": "reward", "key": "reward"}
    return {
        **conversation(mappings(record.get("traj"))),
        "id": content_id(record),
        "attributes": {"task_id": str(record.get("task_id"))},
        "signals": [] if reward is None else [verdict],
    }


FORMAT: Final = Format(
    _NAME,
    "results of tau-bench",
    _is_this,
    of_records(_NAME, _attempt, _READS),
)
