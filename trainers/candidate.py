"""A candidate advisor: a trained encoder with its lexicon, not yet judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tokenizers import Tokenizer

from pilotfish.advisors.lexicon import Lexicon
from pilotfish.trainers.base_models import load_base
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.embedder import Embedder
from pilotfish.trainers.embedding import Embedded, embed
from pilotfish.trainers.export import Parity, export
from pilotfish.trainers.lexicon import fit_lexicon
from pilotfish.trainers.loop import Report, TrainingSplit, fit

SEED = 7
_CHECKED_TEXTS = 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """`encoder` is the ONNX file, `parity` its difference from the torch `embedder`."""

    embedder: Embedder
    tokenizer: Tokenizer
    encoder: Path
    parity: Parity
    lexicon: Lexicon

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed texts as the advisor would."""
        meaning = embed(self.encoder, self.tokenizer, texts)
        return Embedded(meaning, words=0).respelled(self.lexicon, texts)

    def respelled(self, attempts: Sequence[Attempt]) -> "Candidate":
        """Return the candidate with a lexicon of all attempts, held-out ones included."""
        return replace(self, lexicon=fit_lexicon(attempts))


@dataclass(frozen=True, slots=True)
class Material:
    """What a candidate is trained on; excludes attempts held out for its judgement.

    `spelled` are the lexicon's attempts, `checked` the texts to check the export with.
    """

    train: TrainingSplit
    validation: TrainingSplit
    spelled: Sequence[Attempt]
    checked: Sequence[str]


def adapt(
    base_model: str,
    material: Material,
    folder: Path,
    step: Report,
    stage: Callable[[str], object] = lambda _: None,
) -> Candidate:
    """Train the base model with LoRA, fit the lexicon, and export to `folder`.

    Raises:
        ConfigurationError: there is no such base model.
    """
    base = load_base(base_model)
    embedder = fit(
        base.embedder,
        base.tokenizer,
        material.train,
        material.validation,
        SEED,
        step,
    )
    stage("lexicon")
    lexicon = fit_lexicon(material.spelled)
    stage("export")
    checked = material.checked[:_CHECKED_TEXTS]
    encoder, parity = export(embedder, base.tokenizer, checked, folder)
    return Candidate(embedder, base.tokenizer, encoder, parity, lexicon)
