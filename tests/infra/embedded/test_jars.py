import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pilotfish.infra.embedded import jars
from pilotfish.infra.embedded.jars import Jar, class_path, pinned
from pilotfish.schemas.errors import RequirementError


@dataclass
class Fetched:
    """A resolver's answer: paths of jars."""

    all_jars: Sequence[str]


class Repository:
    """A Maven repository of two jars, in a folder; it records requests."""

    def __init__(self, folder: Path) -> None:
        self.requested: list[str] = []
        self.files = [folder / "a-1.jar", folder / "b-2.jar"]
        for file in self.files:
            file.write_bytes(file.name.encode())

    def build(self, coordinates: str) -> Fetched:
        self.requested.append(coordinates)
        return Fetched([str(file) for file in self.files])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (tmp_path / "maven").mkdir()
    it = Repository(tmp_path / "maven")
    rows = [
        f"g\t{name}\t{version}\t{hashlib.sha256(f'{name}-{version}.jar'.encode()).hexdigest()}"
        for name, version in (("a", "1"), ("b", "2"))
    ]
    path = tmp_path / "list.tsv"
    path.write_text("\n".join(["group\tartifact\tversion\tsha256", *rows]) + "\n")
    monkeypatch.setattr(jars, "LIST", path)
    monkeypatch.setattr(jars, "jgo", it)
    return it


def test_the_pinned_list_is_complete_and_kafka_comes_first() -> None:
    jars = pinned()
    assert jars[0].file == "kafka_2.13-4.3.1.jar"
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({jar.coordinate for jar in jars}) == len(jars) > 30


def test_missing_jars_are_fetched_once(repository: Repository, tmp_path: Path) -> None:
    messages: list[str] = []
    path = class_path(tmp_path / "cache", messages.append)
    assert path == class_path(tmp_path / "cache", messages.append)
    assert repository.requested == ["g:a:1+g:b:2"]
    assert messages == ["fetching Kafka (45 MB, once)"]
    assert [Path(p).read_bytes() for p in path.split(":")] == [b"a-1.jar", b"b-2.jar"]


def test_an_incomplete_cache_is_completed(
    repository: Repository, tmp_path: Path
) -> None:
    first = class_path(tmp_path / "cache").split(":")[0]
    Path(first).unlink()
    class_path(tmp_path / "cache")
    assert Path(first).read_bytes() == b"a-1.jar"


def test_a_file_that_differs_from_the_pinned_one_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    repository.files[1].write_bytes(b"changed on the way")
    with pytest.raises(RequirementError, match="g:b:2: the download is not the pinned"):
        class_path(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("b-2.jar"))


def test_a_jar_missing_from_the_download_is_an_error(
    repository: Repository, tmp_path: Path
) -> None:
    del repository.files[0]
    with pytest.raises(RequirementError, match="g:a:1"):
        class_path(tmp_path / "cache")


def test_an_unreachable_repository_is_an_error(
    tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_: str) -> Fetched:
        raise OSError("no route")

    monkeypatch.setattr(repository, "build", unreachable)
    with pytest.raises(RequirementError, match=r"no route.*Maven repository"):
        class_path(tmp_path / "cache")


def test_concurrent_callers_fetch_once(repository: Repository, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=class_path, args=(tmp_path / "cache",))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(repository.requested) == 1


def test_a_coordinate_has_maven_s_form() -> None:
    jar = Jar("org.apache.kafka", "kafka_2.13", "4.3.1", "0" * 64)
    assert jar.coordinate == "org.apache.kafka:kafka_2.13:4.3.1"
