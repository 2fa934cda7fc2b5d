"""Snapshots on disk: a file for each tenant and bundle, and the place all have reached.

A snapshot is true for the label offsets that it holds. The common place says from where
labels are to be read again: every tenant's labels before it are in that tenant's snapshot.
It is written after the snapshots, so a crash in between costs only reading some labels
twice. Of several advisors on one store, the one that holds the lock writes; when it dies,
the kernel gives the lock to the next one that asks.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import structlog
from pydantic import TypeAdapter, ValidationError

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.snapshot import restore
from pilotfish.advisors.state import AdvisorState
from pilotfish.advisors.store import ModelStore
from pilotfish.schemas.errors import BundleError

_LOG = structlog.get_logger(service="advisor")

_OFFSETS: TypeAdapter[dict[int, int]] = TypeAdapter(dict[int, int])


class SnapshotStore:
    """Snapshots beside the bundles of a model store.

    Args:
        root: the model store's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._store = ModelStore(root)
        self._lock: TextIO | None = None

    def path(self, tenant: str, version: str) -> Path:
        """Return the file of a tenant's snapshot for a bundle's version."""
        folder = self._store.path(tenant, version)
        return folder.with_name(f"{folder.name}.fast.safetensors")

    def read(self, tenant: str, bundle: Bundle) -> AdvisorState | None:
        """Return the tenant's state for this very bundle; None if there is none."""
        path = self.path(tenant, bundle.card.version)
        if not path.exists():
            return None
        try:
            return restore(path.read_bytes(), bundle)
        except (BundleError, OSError) as error:
            # Its labels are still in Kafka and can be learned again.
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
        """Return whether this advisor is the one that writes; once it is, it stays so."""
        if self._lock is not None:
            return True
        self._root.mkdir(parents=True, exist_ok=True)
        file = (self._root / ".fast.lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock = file
        return True

    def close(self) -> None:
        """Let another advisor write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def _place(self) -> Path:
        return self._root / ".fast-labels.json"


def _write_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=".fast-", delete=False
    ) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).rename(path)
