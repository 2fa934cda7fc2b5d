"""The protocol `offpolicy`: from the log of one policy, what others would have got."""

from dataclasses import asdict
from itertools import chain

import numpy as np

from pilotfish.advisors.head import FastHead
from pilotfish.evaluation.policies.pilotfish import LogAdvisor
from pilotfish.evaluation.policies.registry import PILOTFISH, policies
from pilotfish.evaluation.protocols import offpolicy
from pilotfish.evaluation.protocols.offpolicy import Estimate, OffPolicyScore
from pilotfish.evaluation.protocols.propensity_log import of_attempts, written_by
from pilotfish.evaluation.reports.log import Log, Perturbation
from pilotfish.evaluation.reports.report import Length, Report, interval, number
from pilotfish.runtime.console import waiting

_COLUMNS = ("policy", "IPS", "SNIPS", "doubly robust", "truth", "worth", "largest")
_LEGEND = """
IPS, SNIPS, doubly robust: what the policy would have got, estimated from the log by
inverse propensity, self-normalised, and with a model of outcomes; with 95 % intervals.
truth: what the full table says, where there is one. worth: choices of equal weight that
would tell as much. largest: the largest weight of a choice.
The log was written by {writer}."""


def play_offpolicy(log: Log, perturbation: Perturbation, length: Length) -> Report:
    """Score fixed policies on a log with propensities.

    Without propensities in the files, `pilotfish fast` plays them once, which makes a log.

    Raises:
        NothingToLearnError: too few problems, or one approach only.
    """
    attempts = list(chain.from_iterable(log.attempts))
    if any(attempt.propensity for attempt in attempts):
        writer, outcomes, written = "the files' own policy", None, of_attempts(attempts)
    else:
        world = log.world(perturbation)
        writer, outcomes = PILOTFISH, world.table.outcomes
        new_policy = policies(world.embeddings.shape[1])[PILOTFISH]
        written = written_by(new_policy, world, length.seed)
    rows = np.stack([log.embeddings[problem] for problem in written.problems])
    with waiting("learning what to expect"):
        scores = offpolicy.score(
            written, rows, lambda: LogAdvisor(FastHead(rows.shape[1])), outcomes
        )
    return Report(
        _COLUMNS,
        [_row(name, line) for name, line in scores.items()],
        _LEGEND.replace("{writer}", writer),
        {name: asdict(line) for name, line in scores.items()},
        {"writer": writer},
    )


def _row(name: str, line: OffPolicyScore) -> list[str]:
    estimates = line.estimates
    if estimates is None:
        return [name, "", "", "", number(line.truth), "0", ""]
    return [
        name,
        _estimate(estimates.inverse),
        _estimate(estimates.self_normalised),
        _estimate(estimates.doubly_robust),
        number(line.truth),
        f"{estimates.effective_size:.0f}",
        f"{estimates.largest_weight:.0f}",
    ]


def _estimate(estimate: Estimate) -> str:
    return f"{number(estimate.value)} ({interval(estimate.ci95)})"
