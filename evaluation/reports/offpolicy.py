"""The protocol `offpolicy`: from the log of one policy, what others would have got."""

from dataclasses import asdict

import numpy as np

from pilotfish.advisors.head import FastHead
from pilotfish.evaluation.policies.registry import PILOTFISH, makers
from pilotfish.evaluation.protocols import offpolicy
from pilotfish.evaluation.protocols.offpolicy import Estimate, OffPolicyScore
from pilotfish.evaluation.protocols.propensity_log import of_attempts, written_by
from pilotfish.evaluation.reports.log import Log, Perturbation
from pilotfish.evaluation.reports.report import Length, Report, interval, number
from pilotfish.runtime.console import console

_COLUMNS = ("policy", "IPS", "SNIPS", "doubly robust", "truth", "worth", "largest")
_LEGEND = """
IPS, SNIPS, doubly robust: what the policy would have got, estimated from the log by
inverse propensity, self-normalised, and with a model of outcomes; with 95 % intervals.
truth: what the full table says, where there is one. worth: choices of equal weight that
would tell as much. largest: the largest weight of a choice.
The log was written by {writer}."""


def play_offpolicy(log: Log, perturbation: Perturbation, length: Length) -> Report:
    """Score fixed policies on a log with propensities.

    Without propensities in the files, `pilotfish fast` writes the log: it plays them once.

    Raises:
        NothingToLearnError: too few problems, or one approach only.
    """
    everyone = [one for file in log.attempts for one in file]
    if any(one.propensity is not None for one in everyone):
        writer, outcomes, written = "the files' own policy", None, of_attempts(everyone)
    else:
        world = log.world(perturbation)
        writer, outcomes = PILOTFISH, world.table.outcomes
        maker = makers(world.embeddings.shape[1])[PILOTFISH]
        written = written_by(maker, world, length.seed)
    rows = np.stack([log.embeddings[problem] for problem in written.problems])
    with console.status("learning what to expect"):
        scores = offpolicy.score(
            written, rows, lambda: FastHead(rows.shape[1]), outcomes
        )
    return Report(
        _COLUMNS,
        [_row(name, one) for name, one in scores.items()],
        _LEGEND.replace("{writer}", writer),
        {name: asdict(one) for name, one in scores.items()},
        {"writer": writer},
    )


def _row(name: str, one: OffPolicyScore) -> list[str]:
    found = one.estimates
    if found is None:
        return [name, "", "", "", number(one.truth), "0", ""]
    return [
        name,
        _estimate(found.inverse),
        _estimate(found.self_normalised),
        _estimate(found.doubly_robust),
        number(one.truth),
        f"{found.effective_size:.0f}",
        f"{found.largest_weight:.0f}",
    ]


def _estimate(one: Estimate) -> str:
    return f"{number(one.value)} ({interval(one.ci95)})"
