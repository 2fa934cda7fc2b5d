"""What says something of how a run went."""

from typing import NamedTuple

from pilotfish.schemas.events import SignalKind
from pilotfish.schemas.signals import Stated


class Evidence(NamedTuple):
    """A signal, and what of which span it is, which makes its id."""

    at_us: int
    origin: str
    kind: SignalKind
    value: Stated | None = None
    detail: str = ""
