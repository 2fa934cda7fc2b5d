"""How a head moves from one label of an attempt to the next one.

A first label is learned, a later one revises it, and one that speaks of another approach
or problem type, or of nothing any more, takes back what was learned and starts anew.
"""

from typing import Final

from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.learned_labels import NOTHING_LEARNED, Learned

_UNLEARNING_ROUNDS: Final = 8


def update_head(
    head: FastHead, embedding: Embeddings, before: Learned, now: Learned
) -> None:
    """Let the head know `now` of an attempt instead of `before`."""
    old, new = before.p_success, now.p_success
    if old is None:
        if new is not None:
            head.learn(embedding, now.problem_type, now.approach, new)
    elif new is not None and now.same_row(before):
        _revise(head, embedding, before, new)
    else:
        _unlearn(head, embedding, before)
        update_head(head, embedding, NOTHING_LEARNED, now)


def _unlearn(head: FastHead, embedding: Embeddings, before: Learned) -> None:
    """Let the label say what would be expected without it, so that it says nothing.

    What is expected depends on what the label says, so this takes a few rounds: each
    halves what is left, at least. That there was a label stays in how sure the head is.
    """
    for _ in range(_UNLEARNING_ROUNDS):
        means, _ = head.predict(embedding, before.problem_type, [before.approach])
        expected = float(means[0])
        _revise(head, embedding, before, expected)
        before = before._replace(p_success=expected)


def _revise(head: FastHead, embedding: Embeddings, before: Learned, new: float) -> None:
    assert before.p_success is not None
    approach = before.approach
    # A dataset is cut at its newest attempts, so a head may lack old approaches.
    in_head = approach in head.approaches
    if in_head and before.changes == head.changes(approach):
        head.revise(embedding, before.problem_type, approach, before.p_success, new)
