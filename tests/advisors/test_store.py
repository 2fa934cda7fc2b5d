import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.bundle import CARD, Bundle
from pilotfish.advisors.store import BASE_TENANT, ModelStore
from pilotfish.schemas.errors import BundleError, ConfigurationError, TrainingBusyError

Maker = Callable[[Path], Bundle]


def test_a_bundle_is_found_by_tenant_and_version(make: Maker, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    made = make(store.path("one", "v1"))
    assert store.bundle("one", "v1") == made


def test_an_absent_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere"):
        ModelStore(tmp_path).bundle("one", "nowhere")


def test_a_damaged_bundle_is_an_error(make: Maker, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    made = make(store.path("one", "v1"))
    (made.path / "catalogue.json").write_bytes(b"[]")
    with pytest.raises(BundleError, match="catalogue"):
        store.bundle("one", "v1")


@given(st.text("./:@-ab%", min_size=1), st.text("./:@-ab%", min_size=1))
def test_names_stay_inside_the_store(tenant: str, version: str) -> None:
    root = Path("/store")
    path = ModelStore(root).path(tenant, version)
    assert Path(os.path.normpath(path)) == path
    assert path.parents[1] == root
    assert not path.name.startswith(".")


@given(st.text("./a%2EF", min_size=1), st.text("./a%2EF", min_size=1))
def test_different_names_are_different_folders(first: str, other: str) -> None:
    store = ModelStore(Path("/store"))
    assert (store.folder(first) == store.folder(other)) == (first == other)


def test_without_a_base_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="pilotfish up"):
        ModelStore(tmp_path).base()


def test_the_newest_base_is_taken(make: Maker, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    for number, version in enumerate(("b", "a", ".part-c")):
        folder = tmp_path / BASE_TENANT / version
        make(folder)
        os.utime(folder, (number, number))
    assert store.base().path.name == "a"
    (tmp_path / BASE_TENANT / "a" / CARD).write_bytes(b"{}")
    with pytest.raises(BundleError, match="not a valid card"):
        store.base()


def test_a_tenant_is_trained_once_at_a_time(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with store.training_lock("one"):
        with (
            pytest.raises(TrainingBusyError, match="'one'"),
            ModelStore(tmp_path).training_lock("one"),
        ):
            pass
        with store.training_lock("other"):
            pass
    with store.training_lock("one"):
        pass


def test_the_base_of_all_tenants_is_not_trained(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="another name"),
        ModelStore(tmp_path).training_lock(BASE_TENANT),
    ):
        pass


HOLDER = """
import sys
from pathlib import Path
from pilotfish.advisors.store import ModelStore

with ModelStore(Path(sys.argv[1])).training_lock("one"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(TrainingBusyError),
            ModelStore(tmp_path).training_lock("one"),
        ):
            pass
        holder.kill()
    with ModelStore(tmp_path).training_lock("one"):
        pass
