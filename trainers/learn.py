"""From a dataset to a judged candidate: the part of a training that needs torch."""

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


def learn(
    settings: Settings, dataset: Dataset, row: Row, progress_file: ProgressFile
) -> Row:
    """Return the row with the verdict on a candidate trained on the dataset.

    1. embed with the incumbent  2. leave out attempts not worth learning  3. adapt the
    base model with LoRA  4. export to ONNX  5. score candidate and incumbent on held-out
    attempts  6. let the gate decide  7. write the bundle, even of a refused candidate,
    which a person may promote by hand, unless ONNX differs from torch  8. announce it if
    it was promoted.

    Raises:
        UnavailableError: Kafka or ClickHouse does not answer.
        BundleError: the bundle in service is damaged.
    """
    progress_file.stage("embedding")
    serving = incumbent(settings, row.tenant)
    row = replace(row, parent=serving.card.version)
    problems = [attempt.problem for attempt in dataset.attempts]
    before = embed_with(serving, problems)
    dataset = sift(dataset, before.meaning, settings.learn_from, not_held_out(dataset))
    with tempfile.TemporaryDirectory() as folder:
        candidate = adapt(
            settings.base_model,
            material(dataset, before.rows),
            Path(folder),
            progress_file.step,
            progress_file.stage,
        )
        progress_file.stage("evaluation")
        after = candidate.embed(problems)
        look = 1 + earlier_looks(ClickHouse(settings), row.tenant, row.parent)
        faults = _faults(candidate.parity)
        verdict, numbers = compare(dataset, after, before, look, faults)
        numbers["onnx"] = asdict(candidate.parity)
        if not faults:
            # After the verdict, held-out attempts are learned as well, if worth it.
            everyone = range(len(dataset.attempts))
            dataset = sift(dataset, before.meaning, settings.learn_from, everyone)
            final = candidate.respelled(dataset.worth)
            final_rows = after.respelled(final.lexicon, problems)
            bundle = _bundle(settings, dataset, row, final, final_rows, numbers)
            row = replace(row, version=bundle.card.version)
            verdict = _promote(settings, row, bundle, verdict, progress_file)
    return replace(
        row,
        verdict="promoted" if verdict.promoted else "refused",
        reason=verdict.reason,
        metrics={**numbers, "gate": verdict.numbers},
    )


def compare(
    dataset: Dataset,
    candidate: Embedded,
    incumbent: Embedded,
    look: int = 1,
    faults: Sequence[str] = (),
) -> tuple[Verdict, dict[str, Any]]:
    """Judge two encoders, each with a head that learned all attempts not held out.

    Row i of `candidate` and of `incumbent` embeds attempt i; `look` and `faults` are the
    gate's.
    """
    scored = {
        "candidate": _score_heldout(dataset, candidate),
        "incumbent": _score_heldout(dataset, incumbent),
    }
    old_kinds = sorted({each.problem_type for each in dataset.attempts if not each.new})
    verdict = judge(scored["candidate"], scored["incumbent"], old_kinds, look, faults)
    return verdict, {name: metrics(scores) for name, scores in scored.items()}


def _faults(parity: Parity) -> list[str]:
    if parity.ok:
        return []
    difference = f"its ONNX file differs from torch by {parity.max_difference:.2g}"
    return [f"{difference}, cosine in int8 {parity.int8_cosine:.3f}"]


def _promote(
    settings: Settings,
    row: Row,
    bundle: Bundle,
    verdict: Verdict,
    progress_file: ProgressFile,
) -> Verdict:
    """Announce a candidate that the gate accepted, unless the incumbent has changed."""
    if not verdict.promoted:
        return verdict
    progress_file.stage("promotion")
    serving = incumbent(settings, row.tenant).card.version
    if serving != row.parent:
        return overtaken(verdict, serving)
    put_into_service(settings, bundle, verdict.reason)
    return verdict


def _score_heldout(dataset: Dataset, embedded: Embedded) -> Scored:
    learned = not_held_out(dataset)
    heldout = sorted(set(range(len(dataset.attempts))) - set(learned))
    return score(
        _head(dataset, embedded, learned),
        embedded.rows[heldout],
        [dataset.attempts[i] for i in heldout],
        dataset.approaches,
    )


def _head(dataset: Dataset, embedded: Embedded, among: Sequence[int]) -> FastHead:
    """Return a head that learned those of these attempts that are worth it."""
    chosen = [i for i in among if dataset.attempts[i].worth]
    attempts = [dataset.attempts[i] for i in chosen]
    return teach(embedded.rows[chosen], attempts, embedded.head())


def not_held_out(dataset: Dataset) -> list[int]:
    """Return the indices of the attempts that a candidate may learn from."""
    splits = [split_of(attempt.problem) for attempt in dataset.attempts]
    return [i for i, split in enumerate(splits) if split != "heldout"]


def material(dataset: Dataset, before: Embeddings) -> Material:
    """Return what a candidate is trained on: attempts worth learning and not held out.

    Row i of `before` embeds attempt i with the incumbent.
    """
    train, validation = dataset.split("train"), dataset.split("validation")
    return Material(
        _training_split(dataset, before, "train"),
        _training_split(dataset, before, "validation"),
        [attempt for attempt in (*train, *validation) if attempt.worth],
        [attempt.problem for attempt in dataset.split("heldout")],
    )


def _training_split(dataset: Dataset, before: Embeddings, name: Split) -> TrainingSplit:
    rows = {
        attempt.attempt_id: row
        for attempt, row in zip(dataset.attempts, before, strict=True)
    }
    worth = [attempt for attempt in dataset.split(name) if attempt.worth]
    attempts = rehearse(worth, _REHEARSED_PER_KIND)
    width = before.shape[1]
    chosen = [rows[attempt.attempt_id] for attempt in attempts]
    return TrainingSplit(attempts, np.array(chosen, np.float32).reshape(-1, width))


def _bundle(
    settings: Settings,
    dataset: Dataset,
    row: Row,
    candidate: Candidate,
    embedded: Embedded,
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
        head=_head(dataset, embedded, range(len(dataset.attempts))),
        lexicon=candidate.lexicon,
        watermark=dataset.watermark,
        left_out=[each.attempt_id for each in dataset.attempts if not each.worth],
        metrics=numbers["candidate"],
    )
    return write_bundle(ModelStore(settings.models).path(row.tenant, version), parts)
