"""What every encoder is given and what it is asked for."""

from typing import Final, Literal

Pooling = Literal["mean", "last"]
"""Which tokens' states become the embedding: all of them, or the last."""

MAX_TOKENS: Final = 64
"""Longer problems are cut: the embedding of their beginning names their kind.

Measured on 57 families of reasoning_gym: accuracy 0.859 with 64 tokens, 0.862 with 128,
at 0.6 of the time."""
