"""The card of a bundle: what it is, where it comes from, what it has been taught."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pilotfish.schemas.base import Time, Value
from pilotfish.schemas.ids import Identifier

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Card(Value):
    """What a bundle says about itself; `files` maps the names of its files to SHA-256.

    The head has been taught the labels whose `first_offset` in their Kafka partition
    is at or below `watermark`, as they were at `created_at`, when the dataset was read.
    It was not taught the attempts `left_out`, by id: the filter distrusted their labels.
    Later labels are still to be learned.

    An embedding has `dim` numbers; the last `words` of them are the lexicon's scores.
    """

    version: Identifier
    tenant: Identifier
    parent: str = ""
    created_at: Time
    base_model: str
    dim: int = Field(gt=0)
    words: int = Field(default=0, ge=0)
    max_tokens: int = Field(gt=0)
    pooling: Literal["mean", "last"]
    watermark: dict[int, int] = Field(default_factory=dict)
    left_out: tuple[Identifier, ...] = ()
    metrics: dict[str, float] = Field(default_factory=dict)
    files: dict[str, Sha256]

    @property
    def meaning(self) -> int:
        """How many numbers of an embedding come from the encoder."""
        return self.dim - self.words
