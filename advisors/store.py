"""The model store: a folder of bundles, `<root>/<tenant>/<version>/`."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from pilotfish.advisors.bundle import CARD, Bundle, checksum_of, load
from pilotfish.schemas.errors import BundleError, ConfigurationError, TrainingBusyError

BASE_TENANT = "base"
"""The tenant of the pretrained encoders, whose heads have learned nothing."""


class ModelStore:
    """Bundles by tenant and version; several processes may use one store."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, tenant: str) -> Path:
        """Return the folder of a tenant, whether it exists or not."""
        return self._root / _file_name(tenant)

    def path(self, tenant: str, version: str) -> Path:
        """Return the folder of a bundle, whether it exists or not."""
        return self.folder(tenant) / _file_name(version)

    def find(self, tenant: str, version: str) -> Path:
        """Return the folder of a tenant's version; all tenants share the base bundles."""
        own, base = self.path(tenant, version), self.path(BASE_TENANT, version)
        return base if base.exists() and not own.exists() else own

    def bundle(self, tenant: str, version: str) -> Bundle:
        """Return a tenant's bundle, or a base bundle, that matches its own card.

        Raises:
            BundleError: it is missing or damaged.
        """
        place = self.find(tenant, version)
        return load(place, checksum_of(place))

    def base(self) -> Bundle:
        """Return the bundle of the pretrained encoder, the newest if there are several.

        Raises:
            BundleError: there is none, or it is damaged.
        """
        cards = self.folder(BASE_TENANT).glob("[!.]*/" + CARD)
        places = sorted(
            (card.parent for card in cards), key=lambda place: place.stat().st_mtime_ns
        )
        if not places:
            raise BundleError(
                f"no base advisor in {self._root}: run `pilotfish up`, which makes it"
            )
        return load(places[-1], checksum_of(places[-1]))

    @contextmanager
    def training_lock(self, tenant: str) -> Iterator[None]:
        """Hold the lock for training a tenant; the kernel frees it when the process dies.

        Raises:
            TrainingBusyError: another training of the tenant holds it.
            ConfigurationError: the tenant has the name of the base, which is not trained.
        """
        if tenant == BASE_TENANT:
            raise ConfigurationError(
                f"tenant {tenant!r} cannot be trained: the base advisor of all tenants "
                "has this name; give the tenant another name"
            )
        self.folder(tenant).mkdir(parents=True, exist_ok=True)
        with (self.folder(tenant) / "training.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TrainingBusyError(
                    f"another training of tenant {tenant!r} is running: wait until it ends"
                ) from error
            yield


def _file_name(name: str) -> str:
    """Return a name that stays inside its folder: ids may contain slashes and dots."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
