"""From a dataset to a judged candidate: everything of a training that needs torch."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.candidate import Candidate, Material, adapt
from pilotfish.trainers.dataset import Dataset, Split, rehearse, split_of
from pilotfish.trainers.embedding import Embedded, embed_with
from pilotfish.trainers.evaluate import Scored, metrics, score, teach
from pilotfish.trainers.export import Parity
from pilotfish.trainers.filters.filter import sift
from pilotfish.trainers.gate import Verdict, judge, overtaken
from pilotfish.trainers.incumbent import incumbent
from pilotfish.trainers.loop import TrainingSplit
from pilotfish.trainers.promote import Parts, put_into_service, write_bundle
from pilotfish.trainers.record import ProgressFile, Row, earlier_looks

_REHEARSED_PER_KIND = 50


def learn(settings: Settings, dataset: Dataset, row: Row, seen: ProgressFile) -> Row:
    """Return the row with the verdict on a candidate made from the dataset.

    1. embed with the incumbent  2. leave out what is not worth learning  3. adapt the
    base model with LoRA  4. export to ONNX  5. score candidate and incumbent on held-out
    attempts  6. let the gate decide  7. write the bundle, also of a refused candidate: a
    person may promote it by hand; but not where ONNX differs from torch  8. announce it
    if it was promoted.

    Raises:
        UnavailableError: Kafka or ClickHouse does not answer.
        BundleError: the bundle in service is damaged.
    """
    seen.stage("embedding")
    before = incumbent(settings, row.tenant)
    row = replace(row, parent=before.card.version)
    problems = [one.problem for one in dataset.attempts]
    known = embed_with(before, problems)
    dataset = sift(dataset, known.meaning, settings.learn_from, not_held_out(dataset))
    with tempfile.TemporaryDirectory() as folder:
        given = material(dataset, known.rows)
        candidate = adapt(
            settings.base_model, given, Path(folder), seen.step, seen.stage
        )
        seen.stage("evaluation")
        learned = candidate.embed(problems)
        look = 1 + earlier_looks(ClickHouse(settings), row.tenant, row.parent)
        faults = _faults(candidate.parity)
        verdict, numbers = compare(dataset, learned, known, look, faults)
        numbers["onnx"] = asdict(candidate.parity)
        if not faults:
            # What was held out for the verdict is learned now, as far as it is worth it.
            everyone = range(len(dataset.attempts))
            dataset = sift(dataset, known.meaning, settings.learn_from, everyone)
            final = candidate.respelled(dataset.worth)
            served = learned.respelled(final.lexicon, problems)
            made = _bundle(settings, dataset, row, final, served, numbers)
            row = replace(row, version=made.card.version)
            verdict = _promoted(settings, row, made, verdict, seen)
    return replace(
        row,
        verdict="promoted" if verdict.promoted else "refused",
        reason=verdict.reason,
        metrics={**numbers, "gate": verdict.numbers},
    )


def compare(
    dataset: Dataset,
    learned: Embedded,
    known: Embedded,
    look: int = 1,
    faults: Sequence[str] = (),
) -> tuple[Verdict, dict[str, Any]]:
    """Judge two encoders, each with a head taught all that is not held out.

    Row i of `learned` (candidate) and of `known` (incumbent) embeds attempt i; `look`
    and `faults` are the gate's.
    """
    scored = {
        "candidate": _score_heldout(dataset, learned),
        "incumbent": _score_heldout(dataset, known),
    }
    old_kinds = sorted({one.problem_type for one in dataset.attempts if not one.new})
    verdict = judge(scored["candidate"], scored["incumbent"], old_kinds, look, faults)
    return verdict, {name: metrics(one) for name, one in scored.items()}


def _faults(parity: Parity) -> list[str]:
    if parity.ok:
        return []
    differs = f"its ONNX file differs from torch by {parity.max_difference:.2g}"
    return [f"{differs}, cosine in int8 {parity.int8_cosine:.3f}"]


def _promoted(
    settings: Settings, row: Row, made: Bundle, verdict: Verdict, seen: ProgressFile
) -> Verdict:
    """Announce what the gate let pass, unless the incumbent has changed meanwhile."""
    if not verdict.promoted:
        return verdict
    seen.stage("promotion")
    serving = incumbent(settings, row.tenant).card.version
    if serving != row.parent:
        return overtaken(verdict, serving)
    put_into_service(settings, made, verdict.reason)
    return verdict


def _score_heldout(dataset: Dataset, embedded: Embedded) -> Scored:
    taught = not_held_out(dataset)
    heldout = sorted(set(range(len(dataset.attempts))) - set(taught))
    return score(
        _taught(dataset, embedded, taught),
        embedded.rows[heldout],
        [dataset.attempts[i] for i in heldout],
        dataset.approaches,
    )


def _taught(dataset: Dataset, embedded: Embedded, among: Sequence[int]) -> FastHead:
    """Return a head that learned which of these attempts are worth it."""
    chosen = [i for i in among if dataset.attempts[i].worth]
    attempts = [dataset.attempts[i] for i in chosen]
    return teach(embedded.rows[chosen], attempts, embedded.head())


def not_held_out(dataset: Dataset) -> list[int]:
    """Return the numbers of the attempts that a candidate may be made from."""
    splits = [split_of(one.problem) for one in dataset.attempts]
    return [i for i, split in enumerate(splits) if split != "heldout"]


def material(dataset: Dataset, known: Embeddings) -> Material:
    """Return what a candidate may be made from: what is worth it and not held out.

    Row i of `known` embeds attempt i with the incumbent.
    """
    train, validation = dataset.split("train"), dataset.split("validation")
    return Material(
        _lesson(dataset, known, "train"),
        _lesson(dataset, known, "validation"),
        [one for one in (*train, *validation) if one.worth],
        [one.problem for one in dataset.split("heldout")],
    )


def _lesson(dataset: Dataset, known: Embeddings, name: Split) -> TrainingSplit:
    rows = {
        one.attempt_id: row for one, row in zip(dataset.attempts, known, strict=True)
    }
    worth = [one for one in dataset.split(name) if one.worth]
    attempts = rehearse(worth, _REHEARSED_PER_KIND)
    width = known.shape[1]
    chosen = [rows[one.attempt_id] for one in attempts]
    return TrainingSplit(attempts, np.array(chosen, np.float32).reshape(-1, width))


def _bundle(
    settings: Settings,
    dataset: Dataset,
    row: Row,
    candidate: Candidate,
    learned: Embedded,
    numbers: dict[str, Any],
) -> Bundle:
    version = f"{row.started_at:%Y%m%d-%H%M%S}-{row.training_id[-6:]}"
    parts = Parts(
        tenant=row.tenant,
        version=version,
        parent=row.parent,
        created_at=dataset.read_at,
        base_model=settings.base_model,
        pooling=candidate.embedder.pooling,
        encoder=candidate.encoder,
        tokenizer=candidate.tokenizer,
        head=_taught(dataset, learned, range(len(dataset.attempts))),
        lexicon=candidate.lexicon,
        watermark=dataset.watermark,
        left_out=[one.attempt_id for one in dataset.attempts if not one.worth],
        metrics=numbers["candidate"],
    )
    return write_bundle(ModelStore(settings.models).path(row.tenant, version), parts)
