"""A disk of a few megabytes, which a test can fill; asks for root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount memory as a disk of that size."""
    assert os.geteuid() == 0, "run as root: a small disk has to be mounted"
    place.mkdir()
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def full(disk: Path, but_megabytes: int = 0) -> Iterator[None]:
    """Leave no byte free, or so many, for a while."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096) == 4096:
                pass
        except OSError:
            pass
        file.truncate(file.tell() - but_megabytes * 2**20)
    try:
        yield
    finally:
        ballast.unlink()
