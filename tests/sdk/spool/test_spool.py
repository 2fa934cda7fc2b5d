"""The spool by itself: order, bound, owners, and disks that fail."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pilotfish
from pilotfish._sdk.spool.spool import Place, Spool
from pilotfish._sdk.warnings import Warnings

LARGE = 1024 * 1024
DISK = 2 * 1024 * 1024


def step(number: int, size: int = 0) -> bytes:
    return b"StepRecorded 1 %d " % number + b"x" * size


def outcome(number: int, size: int = 0) -> bytes:
    return b"AttemptEnded 1 %d " % number + b"x" * size


@contextmanager
def spool(path: Path, limit_bytes: int = LARGE, tenant: str = "t") -> Iterator[Spool]:
    one = Spool(path, tenant, Warnings(), limit_bytes)
    one.take_over()
    yield one
    one.close()


def taken(one: Spool) -> list[tuple[Place, bytes]]:
    return list(iter(one.take, None))


def numbers(one: Spool) -> list[int]:
    return [int(text.split()[2]) for _, text in taken(one)]


def files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


def test_steps_and_outcomes_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        for number in range(100):
            one.add(step(number) if number % 3 else outcome(number))
        assert one.backlog
        assert numbers(one) == list(range(100))
        assert not one.backlog
        one.add(step(100))
        assert numbers(one) == [100]


def test_what_is_settled_leaves_nothing_behind(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        for number in range(100):
            one.add(step(number, 2000))
        places = [place for place, _ in taken(one)]
        one.settle(places[50:])
        one.settle(places[:50])
    assert files(tmp_path) == []


def test_the_next_one_gets_what_is_not_settled_in_order(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        for number in range(1000):
            one.add(step(number, 500) if number % 3 else outcome(number))
        places = [got[0] for _ in range(600) if (got := one.take())]
        one.settle(places[:100])
        one.settle(places[300:400])
    with spool(tmp_path) as two:
        assert two.counts.taken_over == two.counts.waiting == 800
        two.add(outcome(1000))
        expected = [n for n in range(1001) if not (n < 100 or 300 <= n < 400)]
        found = taken(two)
        assert [int(text.split()[2]) for _, text in found] == expected
        two.settle(place for place, _ in found)
    assert files(tmp_path) == []


def test_what_is_under_way_is_kept_but_not_read(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        [arrived, _] = one.shelter([step(1), step(2)])
        one.add(step(3))
        assert numbers(one) == [3]
        assert arrived is not None
        one.settle([arrived])
    with spool(tmp_path) as two:
        assert numbers(two) == [2, 3]


def test_nobody_takes_what_is_another_tenants_or_in_use(tmp_path: Path) -> None:
    with spool(tmp_path, tenant="a/../..") as one:
        one.add(step(1))
        with spool(tmp_path, tenant="a/../..") as two, spool(tmp_path) as other:
            assert not two.backlog and not other.backlog
    with spool(tmp_path) as other:
        assert not other.backlog
    with spool(tmp_path, tenant="a/../..") as two:
        assert numbers(two) == [1]
    assert {path.parent.parent for path in tmp_path.glob("*/*")} == {tmp_path}


def test_what_two_processes_left_is_not_mixed(tmp_path: Path) -> None:
    with spool(tmp_path) as first, spool(tmp_path) as second:
        for number in range(10):
            first.add(outcome(number) if number > 4 else step(number))
            second.add(step(20 + number) if number > 4 else outcome(20 + number))
    with spool(tmp_path) as third:
        third.add(outcome(40))
        assert numbers(third) == [*range(10), *range(20, 30), 40]


def test_the_oldest_steps_make_room_and_outcomes_stay(tmp_path: Path) -> None:
    with spool(tmp_path, 100_000) as one:
        for number in range(500):
            one.add(step(number, 900) if number % 2 else outcome(number))
        assert sum(file.stat().st_size for file in files(tmp_path)) <= 100_000
        found = numbers(one)
        counts = one.counts
    steps = [number for number in found if number % 2]
    assert [number for number in found if not number % 2] == list(range(0, 500, 2))
    assert steps == list(range(steps[0], 500, 2)) and steps[0] > 1
    assert counts.kept == 500 and counts.dropped == 500 - len(found)


def test_without_steps_what_finds_no_room_is_dropped_itself(tmp_path: Path) -> None:
    with spool(tmp_path, 10_000) as one:
        for number in range(30):
            one.add(outcome(number, 900))
        assert one.shelter([step(30, 900), step(31)])[0] is None
        found = numbers(one)
        assert found == list(range(len(found)))
        assert 5 < len(found) < 11
        assert one.counts.dropped == 30 - len(found)


def test_one_that_took_over_keeps_within_the_bound(tmp_path: Path) -> None:
    for turn in range(5):
        with spool(tmp_path, 50_000) as one:
            for number in range(30):
                one.add(step(100 * turn + number, 900))
            assert sum(file.stat().st_size for file in files(tmp_path)) <= 50_000
    with spool(tmp_path, 50_000) as one:
        found = numbers(one)
    assert found == sorted(found) and found[-1] == 429 and len(found) > 30


@given(
    st.lists(
        st.one_of(
            st.tuples(st.booleans(), st.integers(0, 900)),
            st.integers(1, 8),
            st.just("again"),
        )
    )
)
def test_nothing_is_lost_uncounted_or_reordered(
    tmp_path_factory: pytest.TempPathFactory,
    actions: list[tuple[bool, int] | int | str],
) -> None:
    path = tmp_path_factory.mktemp("spool")
    one = Spool(path, "t", Warnings(), 4_000)
    sent: list[int] = []
    offered = dropped = 0
    for action in [*actions, "again", 1000]:
        if isinstance(action, tuple):
            one.add((step if action[0] else outcome)(offered, action[1]))
            offered += 1
        elif isinstance(action, int):
            some = [got for _ in range(action) if (got := one.take())]
            one.settle(place for place, _ in some)
            sent += [int(text.split()[2]) for _, text in some]
        else:
            one.close()
            dropped += one.counts.dropped
            one = Spool(path, "t", Warnings(), 4_000)
            one.take_over()
    one.close()
    assert sent == sorted(set(sent))
    assert len(sent) + dropped + one.counts.dropped == offered
    assert files(path) == []


def test_a_damaged_file_is_set_aside_and_the_rest_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with spool(tmp_path) as one:
        for number in range(10):
            one.add(step(number, 100))
    [path] = [file for file in files(tmp_path) if file.suffix == ".steps"]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data + b"no line of ours\n+torn")
    with spool(tmp_path) as two:
        found = taken(two)
        assert len(found) == 9
        assert two.counts.dropped == 2
        two.settle(place for place, _ in found)
    [aside] = files(tmp_path)
    assert aside.name == "damaged" and aside.read_bytes().endswith(b"+torn")
    assert len(caplog.records) == 1 and str(aside) in caplog.text
    with spool(tmp_path) as three:
        assert not three.backlog


def test_what_is_no_event_is_dropped_with_its_file_set_aside(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        one.add(step(1))
        one.add(step(2))
        [(bad, _), (good, _)] = taken(one)
        one.refuse(bad, "written by a newer pilotfish")
        one.settle([good])
        assert (one.counts.dropped, one.counts.waiting) == (1, 1)
    assert [file.name for file in files(tmp_path)] == ["damaged"]


def test_strange_files_are_left_alone(tmp_path: Path) -> None:
    with spool(tmp_path) as one:
        one.add(step(1))
    [root] = tmp_path.iterdir()
    (root / "note.txt").write_text("mine")
    (root / "folder").mkdir()
    (root / "folder" / "note.txt").write_text("mine")
    with spool(tmp_path) as two:
        [(place, _)] = taken(two)
        two.settle([place])
    assert {file.name for file in files(tmp_path)} >= {"note.txt"}
    assert len(list(tmp_path.rglob("note.txt"))) == 2


REMOVALS: list[Callable[[Path], object]] = [
    lambda path: subprocess.run(["rm", "-r", path], check=True),
    lambda path: [file.unlink() for file in files(path)],
]


@pytest.mark.parametrize("remove", REMOVALS, ids=["folder", "files"])
def test_files_that_vanish_hurt_nobody(
    tmp_path: Path,
    remove: Callable[[Path], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with spool(tmp_path / "s") as one:
        one.add(step(1))
        [(place, _)] = taken(one)
        [sheltered] = one.shelter([step(2)])
        one.add(step(3))
        remove(tmp_path / "s")
        one.take_over()
        assert sheltered is not None
        one.settle([place, sheltered])
        assert taken(one) == []
        one.add(step(4))
        assert one.take() is None or remove is REMOVALS[1]
    assert "does not work (No such file" in caplog.text


def test_a_path_that_can_be_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(pilotfish.ConfigurationError, match="spool: there can be no"):
        Spool(tmp_path / "file", "t", Warnings())


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 2 MB; who may not mount one gets a folder that is full as early."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        yield path
        subprocess.run(["umount", path], check=True)
    else:
        monkeypatch.setattr("pilotfish._sdk.spool.file.os.pwrite", _until_full(path))
        yield path


def _until_full(path: Path) -> Callable[[int, bytes, int], int]:
    write = os.pwrite

    def pwrite(file: int, data: bytes, offset: int) -> int:
        used = sum(one.stat().st_size for one in files(path))
        grows = offset + len(data) - os.fstat(file).st_size
        if used + grows > DISK:
            raise OSError(28, os.strerror(28))
        return write(file, data, offset)

    return pwrite


def test_on_a_full_disk_the_oldest_steps_make_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with spool(small_disk, 100 * LARGE) as one:
        for number in range(4000):
            one.add(step(number, 2000) if number % 2 else outcome(number))
        counts = one.counts
        assert counts.dropped > 2000 // 2
        # Marking needs no room.
        first = [got for _ in range(100) if (got := one.take())]
        one.settle(place for place, _ in first)
    assert caplog.text.count("does not work (No space left on device)") == 1
    with spool(small_disk, 100 * LARGE) as two:
        found = [int(text.split()[2]) for _, text in first] + numbers(two)
    assert found == sorted(set(found))
    assert len(found) == 4000 - counts.dropped
    assert [number for number in found if not number % 2] == list(range(0, 4000, 2))


def test_on_a_disk_without_room_for_a_folder_all_is_dropped(small_disk: Path) -> None:
    one = Spool(small_disk, "t", Warnings(), 100 * LARGE)
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        filler.write(b"x" * (DISK - 4096 * 2))
        for number in range(100):
            one.add(outcome(number, 2000))
    assert one.counts.kept == 100
    assert one.counts.dropped > 90
    one.close()
