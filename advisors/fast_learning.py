"""Fast learning: from one label into an advisor's state, each attempt exactly once.

Labels come at least once, and again after a restart. The advisor passes over the offsets
that it has learned; here two things keep the count right: the labels learned so far, each
with its version, and the bundle's card, which says what the head was taught before it
went into the bundle.
"""

from collections.abc import Iterable

from pilotfish.advisors.card import Card
from pilotfish.advisors.embedding_cache import Embedder, Embeddings
from pilotfish.advisors.head_updates import update_head
from pilotfish.advisors.learned_labels import NOTHING_LEARNED, Learned
from pilotfish.advisors.state import AdvisorState
from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.schemas.labels import AttemptLabelled, PlacedLabel
from pilotfish.schemas.texts import cut
from pilotfish.strategies.patterns import pattern_of


class FastLearning:
    """Teaches one state.

    Args:
        state: where learning goes on.
        embedder: texts to the embeddings that the state's head expects.
        card: of the bundle whose head it is; None where no label taught the head yet.
    """

    def __init__(
        self, state: AdvisorState, embedder: Embedder, card: Card | None
    ) -> None:
        self._state = state
        self._embedder = embedder
        self._card = card
        self._left_out = frozenset(card.left_out if card else ())

    def embed_ahead(self, labels: Iterable[PlacedLabel]) -> None:
        """Embed in one run of the encoder what `learn` will take from its cache."""
        texts = [
            _advised_text(placed.label)
            for placed in labels
            if _teaches(placed.label) and not self._in_bundle(placed)
        ]
        if texts:
            self._embedder.embed(texts)

    def learn(self, placed: PlacedLabel) -> None:
        """Learn a label, unless a label of this version or a newer one was learned.

        1. find what it changes  2. move the head  3. move the records  4. count the cost
        5. remember it.
        """
        label, state = placed.label, self._state
        before = state.learned_labels.get(label.attempt_id) or NOTHING_LEARNED
        if label.version <= before.version:
            return
        in_bundle = self._in_bundle(placed)
        now = self._dated(self._taught_by(placed), before, in_bundle=in_bundle)
        now = now._replace(kind=label.problem_type or before.kind)
        if not in_bundle and (before.p_success, now.p_success) != (None, None):
            now = self._move_head(label, before, now)
        self._count(before, -1)
        self._count(now, 1)
        # Bundles carry no costs, so labels that their heads know count here as well.
        if label.tried and not before.approach:
            state.costs.learn(label.problem_type, label.tried, label.cost)
        state.learned_labels.put(label.attempt_id, now)

    def _move_head(
        self, label: AttemptLabelled, before: Learned, now: Learned
    ) -> Learned:
        """Teach the head; return `now` with the kind that was recognised."""
        [embedding] = self._embedder.embed([_advised_text(label)])
        update_head(self._state.head, embedding, before, now)
        if label.abstained == FORGOTTEN:
            return now
        return now._replace(kind=self._recognised_kind(embedding, label))

    def _recognised_kind(self, embedding: Embeddings, label: AttemptLabelled) -> str:
        """Return the kind of problem in whose record a label counts; learn the kind."""
        meaning = embedding[: self._state.head.meaning]
        self._state.kinds.learn(meaning, label.problem)
        return label.problem_type or self._state.kinds.predict(meaning)

    def _count(self, learned: Learned, times: int) -> None:
        done = learned.kind, learned.advised, learned.approach
        self._state.adherence.count(*done, times)
        if learned.p_success is not None and learned.kind:
            counted = learned.kind, learned.approach, learned.p_success
            self._state.records.count(*counted, times)
            followed = learned.kind, learned.moves, learned.p_success
            self._state.next_moves.count(*followed, times)

    def _dated(self, now: Learned, before: Learned, *, in_bundle: bool) -> Learned:
        """Note how often the approach had changed when the attempt was first learned."""
        if in_bundle:
            return now
        if before.p_success is not None and now.same_row(before):
            return now._replace(changes=before.changes)
        return now._replace(changes=self._state.head.changes(now.approach))

    def _taught_by(self, placed: PlacedLabel) -> Learned:
        """Return what a label has taught the head, or will teach it."""
        label = placed.label
        left_out = self._in_bundle(placed) and label.attempt_id in self._left_out
        p_success = label.p_success if _teaches(label) and not left_out else None
        return Learned(
            label.version,
            p_success,
            label.problem_type,
            label.tried,
            moves=pattern_of(label.moves),
            advised=_advised(label),
        )

    def _in_bundle(self, placed: PlacedLabel) -> bool:
        """Return whether the bundle's head was taught this very label.

        The attempt is within the watermark, and the label is older than the dataset: a
        revision that came after the dataset was read is learned as a revision.
        """
        if self._card is None:
            return False
        watermark = self._card.watermark.get(placed.partition, -1)
        within = placed.label.first_offset <= watermark
        return within and placed.at <= self._card.created_at


def _advised_text(label: AttemptLabelled) -> str:
    """Return the problem as requests have it, so that the cache has it too."""
    return cut(label.problem, MAX_ADVICE_PROBLEM)


def _advised(label: AttemptLabelled) -> str:
    """Return what an attempt was advised; empty if nothing, held out, or forgotten."""
    hint = label.hint
    if hint is None or hint.holdout or label.abstained == FORGOTTEN:
        return ""
    return hint.approach or ""


def _teaches(label: AttemptLabelled) -> bool:
    named = bool(label.tried) and bool(label.problem)
    return named and label.p_success is not None
