"""An advisor's state as bytes, and back."""

import json
from typing import Final

import numpy as np
import safetensors.numpy
from pydantic import TypeAdapter
from safetensors import SafetensorError

from pilotfish.advisors.adherence import Adherence
from pilotfish.advisors.adherence import Entry as AdherenceEntry
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.costs import Costs
from pilotfish.advisors.costs import Entry as CostEntry
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.kinds import Kinds
from pilotfish.advisors.learned_labels import LearnedLabels
from pilotfish.advisors.next_moves import Entry as NextMoveEntry
from pilotfish.advisors.next_moves import NextMoves
from pilotfish.advisors.records import Entry as RecordEntry
from pilotfish.advisors.records import Records
from pilotfish.advisors.state import AdvisorState
from pilotfish.schemas.errors import BundleError

_FORMAT: Final = 5
_LABELS: Final = "ledger"
"""What format 5 calls the learned labels."""
_OFFSETS: TypeAdapter[dict[int, int]] = TypeAdapter(dict[int, int])
_COSTS: TypeAdapter[list[CostEntry]] = TypeAdapter(list[CostEntry])
_RECORDS: TypeAdapter[list[RecordEntry]] = TypeAdapter(list[RecordEntry])
_NEXT_MOVES: TypeAdapter[list[NextMoveEntry]] = TypeAdapter(list[NextMoveEntry])
_ADHERENCE: TypeAdapter[list[AdherenceEntry]] = TypeAdapter(list[AdherenceEntry])


def snapshot(state: AdvisorState, bundle: Bundle) -> bytes:
    """Return the state of an advisor that serves with this bundle."""
    about = {
        "format": _FORMAT,
        "bundle": bundle.checksum,
        "offsets": state.offsets,
        "kinds": state.kinds.names,
        "costs": state.costs.entries,
        "records": state.records.entries,
        "next_moves": state.next_moves.entries,
        "adherence": state.adherence.entries,
    }
    return safetensors.numpy.save(
        {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "head": np.frombuffer(state.head.to_bytes(), np.uint8),
            _LABELS: np.frombuffer(state.learned_labels.to_bytes(), np.uint8),
            "kinds": state.kinds.sums,
        }
    )


def restore(content: bytes, bundle: Bundle) -> AdvisorState:
    """Return the state that `snapshot` wrote for this bundle.

    Raises:
        BundleError: these bytes are damaged, of another bundle or of another format.
    """
    try:
        tensors = safetensors.numpy.load(content)
        about = json.loads(tensors["about"].tobytes())
        matches = (about["format"], about["bundle"]) == (_FORMAT, bundle.checksum)
        head, labels = tensors["head"].tobytes(), tensors[_LABELS].tobytes()
        kinds = Kinds.restored(about["kinds"], tensors["kinds"])
        costs = Costs.restored(_COSTS.validate_python(about["costs"]))
        records = Records.restored(_RECORDS.validate_python(about["records"]))
        # Snapshots of format 5 from before these were counted have none.
        counted = _NEXT_MOVES.validate_python(about.get("next_moves", []))
        adherence = _ADHERENCE.validate_python(about.get("adherence", []))
        offsets = _OFFSETS.validate_python(about["offsets"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise BundleError(f"these bytes are not a snapshot: {error}") from error
    if not matches:
        raise BundleError("a snapshot of another bundle or format")
    return AdvisorState(
        FastHead.from_bytes(head),
        LearnedLabels.from_bytes(labels),
        kinds,
        costs,
        records,
        NextMoves.restored(counted),
        Adherence.restored(adherence),
        offsets,
    )
