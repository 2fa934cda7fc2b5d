"""Fast learning: one tenant's labels into the head of one bundle, each exactly once.

Labels come at least once, in the order of their partitions, and again after a restart.
Three things keep the count right: the offsets up to which the head is true, the learned_labels
of attempts with the version learned, and the bundle's card, which says what the head
was taught before it went into the bundle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.card import Card
from pilotfish.advisors.costs import Costs
from pilotfish.advisors.embedding_cache import EmbeddingCache, Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.kinds import Kinds
from pilotfish.advisors.records import Records
from pilotfish.consumers.advisor.learned_labels import Learned, LearnedLabels
from pilotfish.runtime.label_reader import PlacedLabel
from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.texts import cut

_UNLEARNING: Final = 8
_NOTHING: Final = Learned(0, None, "", "")


@dataclass(slots=True)
class State:
    """All that learning changes; `offsets` is partition -> the label to learn next."""

    head: FastHead
    learned_labels: LearnedLabels
    kinds: Kinds
    costs: Costs
    records: Records
    offsets: dict[int, int]


def untaught(bundle: Bundle, offsets: Mapping[int, int]) -> State:
    """Return a bundle's own head, to be taught the labels from `offsets` on.

    Raises:
        BundleError: the head's file is no head.
    """
    head = FastHead.from_bytes((bundle.path / "head.safetensors").read_bytes())
    kinds = Kinds(bundle.card.meaning)
    return State(head, LearnedLabels(), kinds, Costs(), Records(), dict(offsets))


class FastLearning:
    """Teaches one head.

    Args:
        card: of the bundle whose head it is.
        embeddings: of that bundle's encoder.
        state: where learning goes on.
    """

    def __init__(self, card: Card, embeddings: EmbeddingCache, state: State) -> None:
        self._card = card
        self._left_out = frozenset(card.left_out)
        self._embeddings = embeddings
        self.state = state
        self.changed = False

    def learn(self, labels: Sequence[PlacedLabel]) -> int:
        """Learn what is new among a tenant's labels; return how many were.

        Each partition's labels come in the order of their offsets.
        """
        new = [one for one in labels if self._is_new(one)]
        self._embed(new)
        for one in new:
            self._learn(one)
            self.state.offsets[one.partition] = one.offset + 1
            self.changed = True
        return len(new)

    def read_up_to(self, positions: Mapping[int, int]) -> None:
        """Note that all of the tenant's labels before these offsets were learned."""
        offsets = self.state.offsets
        for partition, offset in positions.items():
            offsets[partition] = max(offset, offsets.get(partition, 0))

    def _is_new(self, one: PlacedLabel) -> bool:
        return one.offset >= self.state.offsets.get(one.partition, 0)

    def _embed(self, labels: Iterable[PlacedLabel]) -> None:
        """Let the cache have, from one run of the encoder, what learning will ask for."""
        texts = [
            _text(one.label)
            for one in labels
            if _teaches(one.label) and not self._bundle_knows(one)
        ]
        if texts:
            self._embeddings.embed(texts)

    def _learn(self, one: PlacedLabel) -> None:
        label, learned_labels = one.label, self.state.learned_labels
        before = learned_labels.get(label.attempt_id) or _NOTHING
        if label.version <= before.version:
            return
        known = self._bundle_knows(one)
        now = self._dated(self._learned(one), before, bundle_knows=known)
        now = now._replace(kind=label.problem_type or before.kind)
        old, new = before.p_success, now.p_success
        if not (known or (old is None and new is None)):
            [row] = self._embeddings.embed([_text(label)])
            self._teach(row, before, now)
            if label.abstained != FORGOTTEN:
                now = now._replace(kind=self._recognised(row, label))
        self._count(before, -1)
        self._count(now, 1)
        # Bundles know no costs: those of labels that their heads know count as well.
        if before is _NOTHING and label.approach:
            self.state.costs.learn(label.problem_type, label.approach, label.cost)
        learned_labels.put(label.attempt_id, now)

    def _recognised(self, row: Embeddings, label: AttemptLabelled) -> str:
        """Return the kind of problem whose record a label counts in; learn the kind."""
        meaning = row[: self._card.meaning]
        self.state.kinds.learn(meaning, label.problem)
        return label.problem_type or self.state.kinds.predict(meaning)

    def _count(self, learned: Learned, times: int) -> None:
        if learned.p_success is not None and learned.kind:
            counted = learned.kind, learned.approach, learned.p_success
            self.state.records.count(*counted, times)

    def _dated(self, now: Learned, before: Learned, *, bundle_knows: bool) -> Learned:
        """Note how often the approach had changed when the attempt was first learned."""
        if bundle_knows:
            return now
        if before.p_success is not None and _same_row(before, now):
            return now._replace(changes=before.changes)
        return now._replace(changes=self.state.head.changes(now.approach))

    def _learned(self, one: PlacedLabel) -> Learned:
        """Return what a label has taught, or will teach, the head."""
        learned = _learned(one.label)
        if self._bundle_knows(one) and one.label.attempt_id in self._left_out:
            return learned._replace(p_success=None)
        return learned

    def _bundle_knows(self, one: PlacedLabel) -> bool:
        """Return whether the bundle's head was taught this very label.

        The attempt is within the watermark, and the label is older than the dataset: a
        revision that came after it is not in there, and is learned as a revision.
        """
        reach = self._card.watermark.get(one.partition, -1)
        return one.label.first_offset <= reach and one.at <= self._card.created_at

    def _teach(self, row: Embeddings, before: Learned, now: Learned) -> None:
        """Bring the head from one label of an attempt to the next one."""
        old, new = before.p_success, now.p_success
        if old is None:
            if new is not None:
                self.state.head.learn(row, now.problem_type, now.approach, new)
        elif new is not None and _same_row(before, now):
            self._revise(row, before, new)
        else:
            self._unlearn(row, before)
            self._teach(row, _NOTHING, now)

    def _unlearn(self, row: Embeddings, before: Learned) -> None:
        """Let the label say what would be expected without it: then it says nothing.

        What is expected depends on what it says, so this takes a few rounds: each halves
        what is left, at least. That a label came stays in how sure the head is.
        """
        for _ in range(_UNLEARNING):
            expected = self._predicted(row, before)
            self._revise(row, before, expected)
            before = before._replace(p_success=expected)

    def _revise(self, row: Embeddings, before: Learned, to: float) -> None:
        assert before.p_success is not None
        head = self.state.head
        # A dataset is cut at its newest attempts, so a head may lack old approaches.
        known = before.approach in head.approaches
        if known and before.changes == head.changes(before.approach):
            kind, approach = before.problem_type, before.approach
            head.revise(row, kind, approach, before.p_success, to)

    def _predicted(self, row: Embeddings, before: Learned) -> float:
        """Return what the head expects of an attempt like this one."""
        head = self.state.head
        means, _ = head.predict(row, before.problem_type, [before.approach])
        return float(means[0])


def _learned(label: AttemptLabelled) -> Learned:
    p_success = label.p_success if _teaches(label) else None
    return Learned(label.version, p_success, label.problem_type, label.approach or "")


def _text(label: AttemptLabelled) -> str:
    """Return the problem as requests have it, so that the cache knows it."""
    return cut(label.problem, MAX_ADVICE_PROBLEM)


def _teaches(label: AttemptLabelled) -> bool:
    named = bool(label.approach) and bool(label.problem)
    return named and label.p_success is not None


def _same_row(before: Learned, now: Learned) -> bool:
    return (before.approach, before.problem_type) == (now.approach, now.problem_type)
