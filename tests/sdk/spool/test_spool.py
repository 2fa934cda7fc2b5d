"""The spool alone: order, limits, owners, and disks that fail."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pilotfish
from pilotfish._sdk.spool.spool import Location, Spool
from pilotfish._sdk.warnings import Warnings

LARGE = 1024 * 1024
DISK = 2 * 1024 * 1024


def step(number: int, size: int = 0) -> bytes:
    return b"StepRecorded 1 %d " % number + b"x" * size


def outcome(number: int, size: int = 0) -> bytes:
    return b"AttemptEnded 1 %d " % number + b"x" * size


@contextmanager
def spool(path: Path, limit_bytes: int = LARGE, tenant: str = "t") -> Iterator[Spool]:
    opened = Spool(path, tenant, Warnings(), limit_bytes)
    opened.take_over()
    yield opened
    opened.close()


def taken(spool: Spool) -> list[tuple[Location, bytes]]:
    return list(iter(spool.take, None))


def numbers(spool: Spool) -> list[int]:
    return [int(text.split()[2]) for _, text in taken(spool)]


def files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


def test_steps_and_outcomes_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        for number in range(100):
            first.add(step(number) if number % 3 else outcome(number))
        assert first.backlog
        assert numbers(first) == list(range(100))
        assert not first.backlog
        first.add(step(100))
        assert numbers(first) == [100]


def test_settled_events_leave_no_files_behind(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        for number in range(100):
            first.add(step(number, 2000))
        locations = [location for location, _ in taken(first)]
        first.settle(locations[50:])
        first.settle(locations[:50])
    assert files(tmp_path) == []


def test_the_next_process_gets_unsettled_events_in_order(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        for number in range(1000):
            first.add(step(number, 500) if number % 3 else outcome(number))
        locations = [got[0] for _ in range(600) if (got := first.take())]
        first.settle(locations[:100])
        first.settle(locations[300:400])
    with spool(tmp_path) as second:
        assert second.counts.taken_over == second.counts.waiting == 800
        second.add(outcome(1000))
        expected = [n for n in range(1001) if not (n < 100 or 300 <= n < 400)]
        received = taken(second)
        assert [int(text.split()[2]) for _, text in received] == expected
        second.settle(location for location, _ in received)
    assert files(tmp_path) == []


def test_events_in_flight_are_kept_but_not_read_back(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        [arrived, _] = first.back_up([step(1), step(2)])
        first.add(step(3))
        assert numbers(first) == [3]
        assert arrived is not None
        first.settle([arrived])
    with spool(tmp_path) as second:
        assert numbers(second) == [2, 3]


def test_files_of_other_tenants_and_running_processes_are_not_taken_over(
    tmp_path: Path,
) -> None:
    with spool(tmp_path, tenant="a/../..") as first:
        first.add(step(1))
        with spool(tmp_path, tenant="a/../..") as second, spool(tmp_path) as other:
            assert not second.backlog and not other.backlog
    with spool(tmp_path) as other:
        assert not other.backlog
    with spool(tmp_path, tenant="a/../..") as second:
        assert numbers(second) == [1]
    assert {path.parent.parent for path in tmp_path.glob("*/*")} == {tmp_path}


def test_events_of_two_ended_processes_are_not_mixed(tmp_path: Path) -> None:
    with spool(tmp_path) as first, spool(tmp_path) as second:
        for number in range(10):
            first.add(outcome(number) if number > 4 else step(number))
            second.add(step(20 + number) if number > 4 else outcome(20 + number))
    with spool(tmp_path) as third:
        third.add(outcome(40))
        assert numbers(third) == [*range(10), *range(20, 30), 40]


def test_the_oldest_steps_are_dropped_and_outcomes_stay(tmp_path: Path) -> None:
    with spool(tmp_path, 100_000) as first:
        for number in range(500):
            first.add(step(number, 900) if number % 2 else outcome(number))
        assert sum(file.stat().st_size for file in files(tmp_path)) <= 100_000
        received = numbers(first)
        counts = first.counts
    steps = [number for number in received if number % 2]
    assert [number for number in received if not number % 2] == list(range(0, 500, 2))
    assert steps == list(range(steps[0], 500, 2)) and steps[0] > 1
    assert counts.kept == 500 and counts.dropped == 500 - len(received)


def test_without_steps_the_newest_outcomes_are_dropped(tmp_path: Path) -> None:
    with spool(tmp_path, 10_000) as first:
        for number in range(30):
            first.add(outcome(number, 900))
        assert first.back_up([step(30, 900), step(31)])[0] is None
        received = numbers(first)
        assert received == list(range(len(received)))
        assert 5 < len(received) < 11
        assert first.counts.dropped == 30 - len(received)


def test_events_taken_over_count_towards_the_limit(tmp_path: Path) -> None:
    for turn in range(5):
        with spool(tmp_path, 50_000) as first:
            for number in range(30):
                first.add(step(100 * turn + number, 900))
            assert sum(file.stat().st_size for file in files(tmp_path)) <= 50_000
    with spool(tmp_path, 50_000) as first:
        received = numbers(first)
    assert received == sorted(received) and received[-1] == 429 and len(received) > 30


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
    first = Spool(path, "t", Warnings(), 4_000)
    sent: list[int] = []
    offered = dropped = 0
    for action in [*actions, "again", 1000]:
        if isinstance(action, tuple):
            first.add((step if action[0] else outcome)(offered, action[1]))
            offered += 1
        elif isinstance(action, int):
            some = [got for _ in range(action) if (got := first.take())]
            first.settle(location for location, _ in some)
            sent += [int(text.split()[2]) for _, text in some]
        else:
            first.close()
            dropped += first.counts.dropped
            first = Spool(path, "t", Warnings(), 4_000)
            first.take_over()
    first.close()
    assert sent == sorted(set(sent))
    assert len(sent) + dropped + first.counts.dropped == offered
    assert files(path) == []


def test_a_damaged_file_is_set_aside_and_the_rest_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with spool(tmp_path) as first:
        for number in range(10):
            first.add(step(number, 100))
    [path] = [file for file in files(tmp_path) if file.suffix == ".steps"]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data + b"no line of ours\n+torn")
    with spool(tmp_path) as second:
        received = taken(second)
        assert len(received) == 9
        assert second.counts.dropped == 2
        second.settle(location for location, _ in received)
    [aside] = files(tmp_path)
    assert aside.name == "damaged" and aside.read_bytes().endswith(b"+torn")
    assert len(caplog.records) == 1 and str(aside) in caplog.text
    with spool(tmp_path) as third:
        assert not third.backlog


def test_an_unreadable_event_is_dropped_and_its_file_set_aside(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        first.add(step(1))
        first.add(step(2))
        [(bad, _), (good, _)] = taken(first)
        first.refuse(bad, "written by a newer pilotfish")
        first.settle([good])
        assert (first.counts.dropped, first.counts.waiting) == (1, 1)
    assert [file.name for file in files(tmp_path)] == ["damaged"]


def test_strange_files_are_left_alone(tmp_path: Path) -> None:
    with spool(tmp_path) as first:
        first.add(step(1))
    [root] = tmp_path.iterdir()
    (root / "note.txt").write_text("mine")
    (root / "folder").mkdir()
    (root / "folder" / "note.txt").write_text("mine")
    with spool(tmp_path) as second:
        [(location, _)] = taken(second)
        second.settle([location])
    assert {file.name for file in files(tmp_path)} >= {"note.txt"}
    assert len(list(tmp_path.rglob("note.txt"))) == 2


REMOVALS: list[Callable[[Path], object]] = [
    lambda path: subprocess.run(["rm", "-r", path], check=True),
    lambda path: [file.unlink() for file in files(path)],
]


@pytest.mark.parametrize("remove", REMOVALS, ids=["folder", "files"])
def test_vanished_files_raise_nothing(
    tmp_path: Path,
    remove: Callable[[Path], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with spool(tmp_path / "s") as first:
        first.add(step(1))
        [(location, _)] = taken(first)
        [backed_up] = first.back_up([step(2)])
        first.add(step(3))
        remove(tmp_path / "s")
        first.take_over()
        assert backed_up is not None
        first.settle([location, backed_up])
        assert taken(first) == []
        first.add(step(4))
        assert first.take() is None or remove is REMOVALS[1]
    assert "does not work (No such file" in caplog.text


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(pilotfish.ConfigurationError, match="spool: cannot create"):
        Spool(tmp_path / "file", "t", Warnings())


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 2 MB; without the right to mount, a folder that imitates one."""
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
        used = sum(file.stat().st_size for file in files(path))
        grows = offset + len(data) - os.fstat(file).st_size
        if used + grows > DISK:
            raise OSError(28, os.strerror(28))
        return write(file, data, offset)

    return pwrite


def test_on_a_full_disk_the_oldest_steps_make_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with spool(small_disk, 100 * LARGE) as first:
        for number in range(4000):
            first.add(step(number, 2000) if number % 2 else outcome(number))
        counts = first.counts
        assert counts.dropped > 2000 // 2
        # Marking needs no room.
        settled = [got for _ in range(100) if (got := first.take())]
        first.settle(location for location, _ in settled)
    assert caplog.text.count("does not work (No space left on device)") == 1
    with spool(small_disk, 100 * LARGE) as second:
        received = [int(text.split()[2]) for _, text in settled] + numbers(second)
    assert received == sorted(set(received))
    assert len(received) == 4000 - counts.dropped
    assert [number for number in received if not number % 2] == list(range(0, 4000, 2))


def test_on_a_full_disk_without_a_folder_all_events_are_dropped(
    small_disk: Path,
) -> None:
    first = Spool(small_disk, "t", Warnings(), 100 * LARGE)
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        filler.write(b"x" * (DISK - 4096 * 2))
        for number in range(100):
            first.add(outcome(number, 2000))
    assert first.counts.kept == 100
    assert first.counts.dropped > 90
    first.close()
