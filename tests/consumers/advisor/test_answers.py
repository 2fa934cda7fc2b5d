"""What imports change, once they were let in; and who is held out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from support.advice.asking import APPROACHES
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.memory_vectors import memory_vectors
from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.policies.policy import Case
from pilotfish.runtime.catalogue import Catalogue
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.strategies import Imported, KindPrior, StrategyChanged

SUMS, MAPS = "w1 w2", "w7 w8"
STEPS = ({"kind": "action", "name": "sql"},)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[AdvisorRegistry]:
    settings = Settings(home=tmp_path)
    tiny_bundle(settings.models, "base", "tiny-1")
    made = AdvisorRegistry(settings, SnapshotStore(settings.models), lambda: 0.0)
    yield made
    made.close()


def known(registry: AdvisorRegistry, gains: tuple[float, float]) -> Imported:
    """What is known of a strategy on sums and on maps, and nothing as a whole."""
    base = registry.base()
    assert base is not None
    means = memory_vectors(base.embeddings.embed([SUMS, MAPS]))
    return Imported(
        encoder="tiny-1",
        kinds=tuple(
            KindPrior(gain=gain, worth=8, mean=tuple(mean.tolist()))
            for gain, mean in zip(gains, means, strict=True)
        ),
    )


def strategies(registry: AdvisorRegistry, standing: str = "offered") -> Catalogue:
    """`look` is better on sums, `guess` on maps; nobody has tried either here."""
    gains = {"look": (0.3, -0.3), "guess": (-0.3, 0.3)}
    made = [
        StrategyChanged.model_validate(
            {
                "tenant": "t",
                "strategy_id": name,
                "name": name,
                "instruction": f"First {name}.",
                "standing": standing,
                "imported": known(registry, gain),
            }
        )
        for name, gain in gains.items()
    ]
    return Catalogue(made)


def ask(
    registry: AdvisorRegistry, catalogue: Catalogue, problem: str, **fields: object
) -> HintGiven:
    request = AdviceRequested.model_validate(
        {
            "request_id": "r2",
            "tenant": "t",
            "client_id": "c",
            "problem": problem,
            "reply_topic": "x",
            "reply_partition": 0,
            **fields,
        }
    )
    [hint] = Answers(registry, catalogue, holdout=0.0).to([request])
    return hint


def test_what_was_let_in_is_advised_by_kind_of_problem(
    registry: AdvisorRegistry,
) -> None:
    catalogue = strategies(registry)
    on_sums, on_maps = (ask(registry, catalogue, p) for p in (SUMS, MAPS))
    assert (on_sums.approach, on_maps.approach) == ("look", "guess")
    assert "going by imported attempts" in on_sums.text
    assert all(candidate.attempts == 0 for candidate in on_sums.candidates)


def test_nothing_counts_before_a_person_let_it_in(registry: AdvisorRegistry) -> None:
    hint = ask(registry, strategies(registry, "retired"), SUMS)
    assert (hint.abstained, hint.candidates, hint.text) == ("unsure", (), "")


def test_named_approaches_are_left_alone(registry: AdvisorRegistry) -> None:
    named = [
        ask(registry, catalogue, SUMS, approaches={**APPROACHES, "look": "look"})
        for catalogue in (Catalogue(), strategies(registry))
    ]
    assert named[0].candidates == named[1].candidates


def test_it_goes_on_counting_under_a_new_bundle_with_another_encoder(
    registry: AdvisorRegistry, tmp_path: Path
) -> None:
    catalogue = strategies(registry)
    own = tiny_bundle(Settings(home=tmp_path).models, "t", "v2")
    registry._loaded["t"] = registry._loader.new("t", own, {})
    hint = ask(registry, catalogue, MAPS)
    assert (hint.advisor_version, hint.approach) == ("v2", "guess")


def test_kinds_of_another_base_encoder_do_not_count(registry: AdvisorRegistry) -> None:
    catalogue = strategies(registry)
    for name, change in catalogue.of("t").items():
        assert change.imported is not None
        other = change.imported.model_copy(
            update={"encoder": "tiny-2", "gain": 0.2 * (name == "guess"), "worth": 8.0}
        )
        catalogue.update([change.model_copy(update={"imported": other})])
    assert [ask(registry, catalogue, p).approach for p in (SUMS, MAPS)] == ["guess"] * 2


def test_evaluation_expects_what_the_service_expects(
    registry: AdvisorRegistry,
) -> None:
    catalogue, base = strategies(registry), registry.base()
    assert base is not None
    imported = {
        name: change.imported
        for name, change in catalogue.of("t").items()
        if change.imported is not None
    }
    policy = FastAdvisor(base.bundle.card.dim, imported=imported)
    for problem in (SUMS, MAPS, "w3"):
        hint = ask(registry, catalogue, problem)
        [embedding] = base.embeddings.embed([problem])
        decision = policy.choose(Case("r2", problem, "", embedding, tuple(imported)))
        assert decision.approach == hint.approach
        chances = tuple(candidate.p_success for candidate in hint.candidates)
        assert decision.p_success == chances


def held_out(share: float, **asked: Any) -> bool:
    """Whether a new request is held out; answering late needs no advisor."""
    fields = {
        "client_id": "c",
        "problem": "x",
        "reply_topic": "r",
        "reply_partition": 0,
    }
    answers = Answers(cast("AdvisorRegistry", None), Catalogue(), share)
    return answers.too_late(AdviceRequested(**fields, **asked), 9.0).holdout


def test_an_attempt_that_asks_again_stays_where_it_is() -> None:
    outs = {
        name: {held_out(0.5, steps=STEPS, attempt_id=name) for _ in range(5)}
        for name in map(str, range(60))
    }
    assert {len(each) for each in outs.values()} == {1}
    assert 10 < sum(each == {True} for each in outs.values()) < 50


def test_at_the_start_each_request_is_drawn_anew() -> None:
    outs = [held_out(0.5, attempt_id="a1") for _ in range(60)]
    assert 10 < sum(outs) < 50


def test_the_middle_is_drawn_apart_from_the_start() -> None:
    """Else nobody held out at the start would ever be advised, nor could be compared."""
    ids = [str(number) for number in range(200)]
    start = [held_out(0.5, attempt_id=id_, request_id=id_) for id_ in ids]
    middle = [held_out(0.5, attempt_id=id_, steps=STEPS) for id_ in ids]
    assert 60 < sum(a == b for a, b in zip(start, middle, strict=True)) < 140


def test_without_an_attempt_the_request_is_drawn() -> None:
    outs = [held_out(0.5, steps=STEPS) for _ in range(60)]
    assert 10 < sum(outs) < 50
