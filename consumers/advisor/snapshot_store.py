"""What fast learning knows, on disk: a file a tenant and bundle, and one common place.

A snapshot holds head, learned_labels, kinds, costs, records and the label offsets they are true for. The
place says from where labels are to be read again: every tenant's labels before it are in
that tenant's snapshot. It is written after the snapshots, so a crash in between costs only
reading some labels twice. Of several advisors on one store, the one that holds the lock
writes; when it dies, the kernel gives the lock to whoever asks next.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import safetensors.numpy
import structlog
from filelock import BaseFileLock, FileLock, Timeout
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.costs import Costs, Entry
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.kinds import Kinds
from pilotfish.advisors.records import Entry as Counted
from pilotfish.advisors.records import Records
from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.advisor.fast_learning import State
from pilotfish.consumers.advisor.learned_labels import LearnedLabels
from pilotfish.schemas.errors import BundleError

_LOG = structlog.get_logger(service="advisor")

_FORMAT: Final = 5
_OFFSETS: TypeAdapter[dict[int, int]] = TypeAdapter(dict[int, int])
_COSTS: TypeAdapter[list[Entry]] = TypeAdapter(list[Entry])
_RECORDS: TypeAdapter[list[Counted]] = TypeAdapter(list[Counted])


class SnapshotStore:
    """SnapshotStore beside the bundles of a model store.

    Args:
        root: the model store's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._store = ModelStore(root)
        self._lock: BaseFileLock | None = None

    def path(self, tenant: str, version: str) -> Path:
        """Return the file of a tenant's snapshot for a bundle's version."""
        place = self._store.path(tenant, version)
        return place.with_name(f"{place.name}.fast.safetensors")

    def read(self, tenant: str, bundle: Bundle) -> State | None:
        """Return the tenant's state for this very bundle; None if there is none."""
        path = self.path(tenant, bundle.card.version)
        if not path.exists():
            return None
        try:
            return _restored(path.read_bytes(), bundle)
        except (BundleError, OSError) as error:
            # All of it can be learned again.
            _LOG.warning("snapshot_left", path=str(path), error=str(error))
            return None

    def write(self, tenant: str, version: str, content: bytes) -> None:
        """Put the bytes of a snapshot in place, whole or not at all."""
        _write_atomically(self.path(tenant, version), content)

    def read_place(self) -> dict[int, int]:
        """Return partition -> offset of the label to read first; empty: the beginning."""
        try:
            return _OFFSETS.validate_json(self._place.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            _LOG.warning("place_left", path=str(self._place), error=str(error))
            return {}

    def write_place(self, offsets: Mapping[int, int]) -> None:
        """Note that every tenant's labels before these offsets are in snapshots."""
        _write_atomically(self._place, json.dumps(dict(offsets)).encode())

    def may_write(self) -> bool:
        """Return whether this advisor is the one that writes; keeps the right to."""
        if self._lock is not None:
            return True
        self._root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._root / ".fast.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._lock = lock
        return True

    def close(self) -> None:
        """Let another advisor write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def _place(self) -> Path:
        return self._root / ".fast-labels.json"


def snapshot(state: State, bundle: Bundle) -> bytes:
    """Return a state of a bundle's head as bytes; `SnapshotStore.read` turns them back."""
    about = {
        "format": _FORMAT,
        "bundle": bundle.checksum,
        "offsets": state.offsets,
        "kinds": state.kinds.names,
        "costs": state.costs.entries,
        "records": state.records.entries,
    }
    return safetensors.numpy.save(
        {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "head": np.frombuffer(state.head.to_bytes(), np.uint8),
            "learned_labels": np.frombuffer(state.learned_labels.to_bytes(), np.uint8),
            "kinds": state.kinds.sums,
        }
    )


def _restored(content: bytes, bundle: Bundle) -> State:
    try:
        tensors = safetensors.numpy.load(content)
        about = json.loads(tensors["about"].tobytes())
        offsets = _OFFSETS.validate_python(about["offsets"])
        costs = Costs.restored(_COSTS.validate_python(about["costs"]))
        records = Records.restored(_RECORDS.validate_python(about["records"]))
        fits = (about["format"], about["bundle"]) == (_FORMAT, bundle.checksum)
    except (SafetensorError, KeyError, ValueError) as error:
        raise BundleError(f"no snapshot: {error}") from error
    if not fits:
        raise BundleError("a snapshot of another bundle or format")
    return State(
        FastHead.from_bytes(tensors["head"].tobytes()),
        LearnedLabels.from_bytes(tensors["learned_labels"].tobytes()),
        Kinds.restored(about["kinds"], tensors["kinds"]),
        costs,
        records,
        offsets,
    )


def _write_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=".fast-", delete=False
    ) as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())
    Path(f.name).rename(path)
