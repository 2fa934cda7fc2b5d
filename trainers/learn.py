"""From a dataset to a judged candidate: everything of a training that needs torch."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.store import ModelStore
from pilotfish.schemas.settings import Settings
from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.dataset import Dataset, Split, rehearse, split_of
from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.embedding import embed
from pilotfish.trainers.evaluate import Scored, metrics, score, teach
from pilotfish.trainers.export import export
from pilotfish.trainers.gate import Verdict, judge
from pilotfish.trainers.incumbent import incumbent
from pilotfish.trainers.loop import Lesson, fit
from pilotfish.trainers.promote import Parts, put_into_service, write_bundle
from pilotfish.trainers.record import ProgressFile, Row

_REHEARSED_PER_KIND = 50
_SEED = 7


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained encoder as it would serve, before anybody judged it."""

    embedder: Embedder
    tokenizer: Tokenizer
    encoder: Path
    parity_ok: bool


def learn(settings: Settings, dataset: Dataset, row: Row, seen: ProgressFile) -> Row:
    """Return the row with the verdict on a candidate made from the dataset.

    1. embed with the incumbent  2. adapt the base model with LoRA  3. export to ONNX
    4. score candidate and incumbent on held-out attempts  5. let the gate decide
    6. write the bundle, also of a refused candidate: a person may promote it by hand
    7. announce it if it was promoted.

    Raises:
        UnavailableError: Kafka does not answer.
        BundleError: the bundle in service is damaged.
    """
    seen.stage("embedding")
    before = incumbent(settings, row.tenant)
    row = replace(row, parent=before.card.version)
    known = _embed_with(before, dataset)
    with tempfile.TemporaryDirectory() as folder:
        candidate = _adapt(settings, dataset, known, seen, Path(folder))
        seen.stage("evaluation")
        learned = _embed(candidate, dataset)
        verdict, numbers = compare(dataset, learned, known)
        if not candidate.parity_ok:
            refusal = "its ONNX file differs from torch"
            return replace(row, verdict="refused", reason=refusal, metrics=numbers)
        made = _bundle(settings, dataset, row, candidate, learned, numbers)
    if verdict.promoted:
        seen.stage("promotion")
        put_into_service(settings, made, verdict.reason)
    return replace(
        row,
        version=made.card.version,
        verdict="promoted" if verdict.promoted else "refused",
        reason=verdict.reason,
        metrics={**numbers, "gate": verdict.numbers},
    )


def compare(
    dataset: Dataset, learned: Embeddings, known: Embeddings
) -> tuple[Verdict, dict[str, Any]]:
    """Judge two encoders, each with a head taught all that is not held out.

    Row i of `learned` (candidate) and of `known` (incumbent) embeds attempt i.
    """
    scored = {
        "candidate": _score_heldout(dataset, learned),
        "incumbent": _score_heldout(dataset, known),
    }
    old_kinds = sorted({one.problem_type for one in dataset.attempts if not one.new})
    verdict = judge(scored["candidate"], scored["incumbent"], old_kinds, _SEED)
    return verdict, {name: metrics(one) for name, one in scored.items()}


def _score_heldout(dataset: Dataset, embeddings: Embeddings) -> Scored:
    splits = [split_of(one.problem) for one in dataset.attempts]
    heldout = [i for i, split in enumerate(splits) if split == "heldout"]
    taught = [i for i, split in enumerate(splits) if split != "heldout"]
    head = FastHead(embeddings.shape[1])
    teach(embeddings[taught], [dataset.attempts[i] for i in taught], head)
    return score(
        head,
        embeddings[heldout],
        [dataset.attempts[i] for i in heldout],
        dataset.approaches,
    )


def _embed_with(advisor: Bundle, dataset: Dataset) -> Embeddings:
    tokenizer = Tokenizer.from_file(str(advisor.path / "tokenizer.json"))
    problems = [one.problem for one in dataset.attempts]
    return embed(advisor.path / "encoder.onnx", tokenizer, problems)


def _embed(candidate: Candidate, dataset: Dataset) -> Embeddings:
    problems = [one.problem for one in dataset.attempts]
    return embed(candidate.encoder, candidate.tokenizer, problems)


def _adapt(
    settings: Settings,
    dataset: Dataset,
    known: Embeddings,
    seen: ProgressFile,
    folder: Path,
) -> Candidate:
    base = load_base(settings.base_model)
    embedder = fit(
        base.embedder,
        base.tokenizer,
        _lesson(dataset, known, "train"),
        _lesson(dataset, known, "validation"),
        _SEED,
        seen.step,
    )
    seen.stage("export")
    checked = [one.problem for one in dataset.split("heldout")[:16]]
    encoder, parity = export(embedder, base.tokenizer, checked, folder)
    return Candidate(embedder, base.tokenizer, encoder, parity.ok)


def _lesson(dataset: Dataset, known: Embeddings, name: Split) -> Lesson:
    rows = {
        one.attempt_id: row for one, row in zip(dataset.attempts, known, strict=True)
    }
    attempts = rehearse(dataset.split(name), _REHEARSED_PER_KIND)
    width = known.shape[1]
    chosen = [rows[one.attempt_id] for one in attempts]
    return Lesson(attempts, np.array(chosen, np.float32).reshape(-1, width))


def _bundle(
    settings: Settings,
    dataset: Dataset,
    row: Row,
    candidate: Candidate,
    learned: Embeddings,
    numbers: dict[str, Any],
) -> Bundle:
    version = f"{row.started_at:%Y%m%d-%H%M%S}-{row.training_id[-6:]}"
    head = FastHead(learned.shape[1])
    parts = Parts(
        tenant=row.tenant,
        version=version,
        parent=row.parent,
        created_at=dataset.read_at,
        base_model=settings.base_model,
        pooling=candidate.embedder.pooling,
        encoder=candidate.encoder,
        tokenizer=candidate.tokenizer,
        head=teach(learned, dataset.attempts, head),
        watermark=dataset.watermark,
        metrics=numbers["candidate"],
    )
    return write_bundle(ModelStore(settings.models).path(row.tenant, version), parts)
