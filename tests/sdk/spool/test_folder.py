import os
from pathlib import Path

from pilotfish._sdk.spool.folder import SpoolFolder, left_behind


def in_a_child(work: object) -> int:
    """Return the exit status of a forked child that does something."""
    assert callable(work)
    child = os.fork()
    if child == 0:
        try:
            os._exit(int(bool(work())))
        finally:
            os._exit(77)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_folder_in_use_is_not_taken_over(
    tmp_path: Path,
) -> None:
    folder = SpoolFolder.new(tmp_path)
    (folder.path / "1.steps").touch()
    assert list(left_behind(tmp_path)) == []
    assert in_a_child(lambda: list(left_behind(tmp_path))) == 0
    folder.release()
    [folder_again] = left_behind(tmp_path)
    assert folder_again.path == folder.path
    assert list(left_behind(tmp_path)) == []
    assert in_a_child(lambda: list(left_behind(tmp_path))) == 0
    folder_again.release()


def test_the_folder_of_a_dead_child_is_taken_over(tmp_path: Path) -> None:
    def work() -> None:
        folder = SpoolFolder.new(tmp_path)
        (folder.path / "1.steps").touch()

    assert in_a_child(work) == 0
    [folder_again] = left_behind(tmp_path)
    assert [path.name for path in folder_again.files()] == ["1.steps"]
    folder_again.release()


def test_an_empty_folder_is_removed(tmp_path: Path) -> None:
    SpoolFolder.new(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    folder = SpoolFolder.new(tmp_path)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "lock").stat().st_mode & 0o777 == 0o600
    folder.release()
