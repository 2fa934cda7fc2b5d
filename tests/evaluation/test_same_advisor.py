"""What `pilotfish evaluate` scores is what the service answers: equal to the last bit.

The service gets what Kafka would bring it, through the codec: requests and labels as
bytes. The evaluation plays its policy over the same problems.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.advice.tiny import tiny_bundle
from support.advice.worlds import world

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.evaluation.policies.pilotfish import FastAdvisor, LogAdvisor
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.protocols import filters, learned
from pilotfish.evaluation.protocols.bandit import World, one_pass
from pilotfish.evaluation.protocols.labelled_log import LabelledLog
from pilotfish.evaluation.protocols.propensity_log import written_by
from pilotfish.runtime.catalogue import Catalogue
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.base import Message, utc_now
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.labels import AttemptLabelled, PlacedLabel
from pilotfish.schemas.topics import ADVICE_REQUESTS, LABELS, Topic
from pilotfish.trainers.dataset import Attempt

TENANT = "t"


def through_kafka(topic: Topic, message: Message) -> Any:
    return decode(topic, encode(message), headers_of(message))


class Service:
    """A policy whose choices are the hints of the advisor service."""

    def __init__(self, store: Path, cost_weight: float) -> None:
        settings = Settings(home=store, cost_weight=cost_weight)
        self.bundle = tiny_bundle(settings.models, "base", "tiny-1")
        self.registry = AdvisorRegistry(
            settings, SnapshotStore(settings.models), lambda: 0.0
        )
        self._answers = Answers(self.registry, Catalogue(), holdout=0.0)
        self._labels = 0
        self.hints: list[HintGiven] = []

    def choose(self, case: Case) -> Decision:
        request = AdviceRequested(
            request_id=case.request_id,
            tenant=TENANT,
            client_id="c",
            problem=case.problem,
            problem_type=case.problem_type,
            approaches=dict.fromkeys(case.approaches, "how"),
            reply_topic="x",
            reply_partition=0,
        )
        [hint] = self._answers.to([through_kafka(ADVICE_REQUESTS, request)])
        self.hints.append(hint)
        chances = tuple(candidate.p_success for candidate in hint.candidates)
        return Decision(hint.approach, chances, hint.propensity)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        label = AttemptLabelled(
            tenant=TENANT,
            attempt_id=f"a{self._labels}",
            version=1,
            labeller="test",
            p_success=outcome.success,
            problem=case.problem,
            problem_type=case.problem_type,
            approach=approach,
            cost=outcome.cost,
            started_at=utc_now(),
            ended_at=utc_now(),
            partition=0,
            first_offset=self._labels,
            offset=self._labels,
        )
        placed = PlacedLabel(through_kafka(LABELS, label), 0, self._labels, utc_now())
        self._labels += 1
        self.registry.for_labels(TENANT, {}).advisor.learn(placed)


def worded(service: Service, *, typed: bool) -> World:
    """Problems of words that the tiny encoder knows; some come more than once."""
    made = world(160, seed=4)
    rng = np.random.default_rng(4)
    kinds = made.table.kinds
    texts = tuple(
        f"w{'ab'.index(kind)} w{n % 40} w{int(rng.integers(9))}"
        for n, kind in enumerate(kinds)
    )
    advisor = service.registry.for_request(TENANT)
    assert advisor is not None
    outcomes = made.table.outcomes.copy()
    # From the middle on, what worked fails: the head notices that approaches change.
    outcomes[80:] = 1 - outcomes[80:]
    table = replace(
        made.table,
        problems=texts,
        kinds=kinds if typed else ("",) * len(kinds),
        outcomes=outcomes,
        costs=rng.random(outcomes.shape),
    )
    return replace(
        made,
        table=table,
        embeddings=advisor.embeddings.embed(texts),
        labels=0.1 + 0.8 * outcomes,
    )


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("cost_weight", [0.0, 0.3])
def test_service_and_evaluation_give_the_same_numbers(
    tmp_path: Path, cost_weight: float, *, typed: bool
) -> None:
    service = Service(tmp_path, cost_weight)
    problems = replace(worded(service, typed=typed), cost_weight=cost_weight)
    policy = FastAdvisor(service.bundle.card.dim, cost_weight)
    rows = np.arange(160)
    served = list(one_pass(problems, service, rows, "same"))
    evaluated = list(one_pass(problems, policy, rows, "same"))
    assert [step.decision for step in served] == [step.decision for step in evaluated]
    advised = [step for step in served if step.decision.approach]
    assert 20 < len(advised) < 160, "the stream should see both advice and abstentions"


def attempts(problems: World) -> list[Attempt]:
    table = problems.table
    return [
        Attempt(
            f"{row}-{column}",
            table.problems[row],
            table.kinds[row],
            table.approaches[column],
            float(outcome),
        )
        for (row, column), outcome in np.ndenumerate(table.outcomes)
    ]


def test_filters_are_scored_by_the_advice_of_the_service(tmp_path: Path) -> None:
    problems = worded(Service(tmp_path, 0.0), typed=True)
    table = problems.table
    shown: list[Sequence[Attempt]] = []

    def keep_all(taught: Sequence[Attempt], _rows: Embeddings) -> Any:
        shown.append(taught)
        return np.ones(len(taught), bool)

    tries = attempts(problems)
    lessons = LabelledLog(
        tries, np.repeat(np.arange(160), 3), table, problems.embeddings
    )
    played = filters.play(lessons, {"all": keep_all}, [0.0], (1, 0))[0.0]["all"]
    for number, taught in enumerate(shown):
        service = Service(tmp_path / str(number), 0.0)
        for attempt in taught:
            row = table.problems.index(attempt.problem)
            case = problems.case(row, "learn")._replace(
                problem_type=attempt.problem_type
            )
            outcome = Outcome(attempt.p_success, 0.0, attempt.p_success)
            service.learn(case, Decision(None), attempt.approach, outcome)
        held_out = set(table.problems) - {attempt.problem for attempt in taught}
        for row in (n for n, text in enumerate(table.problems) if text in held_out):
            service.choose(problems.case(row, f"ask-{row}"))
            hint, got = service.hints[-1], table.outcomes[row]
            shares = [candidate.propensity for candidate in hint.candidates]
            expected = float(got @ np.asarray(shares)) if hint.approach else got.mean()
            assert played.success[0, row] == expected


def test_a_log_is_judged_by_the_chances_that_the_service_names(tmp_path: Path) -> None:
    problems = worded(Service(tmp_path, 0.0), typed=True)
    dim, table = problems.embeddings.shape[1], problems.table
    log = written_by(lambda _: FastAdvisor(dim), problems, seed=0)
    expected = learned.predicted(
        log, problems.embeddings, lambda: LogAdvisor(FastHead(dim))
    )
    for number, (inside, choices) in enumerate(learned._folds(log)):
        service = Service(tmp_path / str(number), 0.0)
        for at in choices.tolist():
            case = problems.case(int(log.row[at]), "learn")
            reward = float(log.reward[at])
            approach = table.approaches[log.column[at]]
            outcome = Outcome(reward, 0.0, reward)
            service.learn(case, Decision(None), approach, outcome)
        for row in inside.tolist():
            decision = service.choose(problems.case(row, f"ask-{row}"))
            assert decision.p_success == tuple(expected[row])
