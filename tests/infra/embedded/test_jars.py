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
    """What a resolver answers: paths of jars."""

    all_jars: Sequence[str]


class Repository:
    """A Maven repository of two jars, in a folder; it counts who asks."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.files = [folder / "a-1.jar", folder / "b-2.jar"]
        for file in self.files:
            file.write_bytes(file.name.encode())

    def build(self, coordinates: str) -> Fetched:
        self.asked.append(coordinates)
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


def test_the_pinned_list_is_whole_and_kafka_comes_first() -> None:
    found = pinned()
    assert found[0].file == "kafka_2.13-4.3.1.jar"
    assert all(len(jar.sha256) == 64 for jar in found)
    assert len({jar.coordinate for jar in found}) == len(found) > 30


def test_what_is_missing_is_fetched_once(
    repository: Repository, tmp_path: Path
) -> None:
    said: list[str] = []
    path = class_path(tmp_path / "cache", said.append)
    assert path == class_path(tmp_path / "cache", said.append)
    assert repository.asked == ["g:a:1+g:b:2"]
    assert said == ["fetching Kafka (45 MB, once)"]
    assert [Path(p).read_bytes() for p in path.split(":")] == [b"a-1.jar", b"b-2.jar"]


def test_a_cache_cut_short_is_filled_up(repository: Repository, tmp_path: Path) -> None:
    first = class_path(tmp_path / "cache").split(":")[0]
    Path(first).unlink()
    class_path(tmp_path / "cache")
    assert Path(first).read_bytes() == b"a-1.jar"


def test_another_file_than_the_pinned_one_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    repository.files[1].write_bytes(b"changed on the way")
    with pytest.raises(RequirementError, match="g:b:2: not the pinned file"):
        class_path(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("b-2.jar"))


def test_a_jar_that_does_not_come_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    del repository.files[0]
    with pytest.raises(RequirementError, match="g:a:1"):
        class_path(tmp_path / "cache")


def test_a_repository_out_of_reach_says_so(
    tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_: str) -> Fetched:
        raise OSError("no route")

    monkeypatch.setattr(repository, "build", unreachable)
    with pytest.raises(RequirementError, match=r"no route; is the Maven repository"):
        class_path(tmp_path / "cache")


def test_two_at_once_fetch_once(repository: Repository, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=class_path, args=(tmp_path / "cache",))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(repository.asked) == 1


def test_a_coordinate_is_maven_s() -> None:
    jar = Jar("org.apache.kafka", "kafka_2.13", "4.3.1", "0" * 64)
    assert jar.coordinate == "org.apache.kafka:kafka_2.13:4.3.1"
