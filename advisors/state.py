"""Everything that an advisor has learned since its bundle was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pilotfish.advisors.adherence import Adherence
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.costs import Costs
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.kinds import Kinds
from pilotfish.advisors.learned_labels import LearnedLabels
from pilotfish.advisors.next_moves import NextMoves
from pilotfish.advisors.records import Records


@dataclass(slots=True)
class AdvisorState:
    """All that learning changes.

    `offsets` maps each partition of the labels to the offset of the label to learn next.
    """

    head: FastHead
    learned_labels: LearnedLabels
    kinds: Kinds
    costs: Costs
    records: Records
    next_moves: NextMoves
    adherence: Adherence
    offsets: dict[int, int]

    @classmethod
    def of_head(cls, head: FastHead, offsets: Mapping[int, int] | None = None) -> Self:
        """Return the state in which nothing was learned besides what the head knows.

        Labels will be learned from `offsets` on; without them from the first one on.
        """
        return cls(
            head,
            LearnedLabels(),
            Kinds(head.meaning),
            Costs(),
            Records(),
            NextMoves(),
            Adherence(),
            dict(offsets or {}),
        )

    @classmethod
    def of_bundle(cls, bundle: Bundle, offsets: Mapping[int, int]) -> Self:
        """Return the state of a bundle that has learned no label since it was made.

        Raises:
            BundleError: the head's file is not a head.
        """
        content = (bundle.path / "head.safetensors").read_bytes()
        return cls.of_head(FastHead.from_bytes(content), offsets)
