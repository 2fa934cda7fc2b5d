import os
import signal
import subprocess
import sys

import pytest

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import CARD, FILES, Bundle
from pilotfish.schemas.errors import BundleError

EVERY_FILE = [*FILES, CARD]


def test_what_was_written_is_loaded(made: Bundle) -> None:
    loaded = bundle.load(made.path, made.checksum)
    assert loaded == made
    assert loaded.card.watermark == {0: 12, 3: 7}
    assert sorted(entry.name for entry in made.path.iterdir()) == sorted(EVERY_FILE)
    assert [entry.name for entry in made.path.parent.iterdir()] == ["v1"]
    assert bundle.checksum_of(made.path) == made.checksum


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_changed_byte_is_refused(made: Bundle, name: str) -> None:
    content = bytearray((made.path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (made.path / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        bundle.load(made.path, made.checksum)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_missing_file_is_refused(made: Bundle, name: str) -> None:
    (made.path / name).unlink()
    with pytest.raises(BundleError, match=name):
        bundle.load(made.path, made.checksum)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_link_is_refused_also_to_the_right_bytes(made: Bundle, name: str) -> None:
    elsewhere = made.path.parent / "elsewhere"
    (made.path / name).rename(elsewhere)
    (made.path / name).symlink_to(elsewhere)
    with pytest.raises(BundleError, match=name):
        bundle.load(made.path, made.checksum)


def test_a_linked_folder_is_refused(made: Bundle) -> None:
    link = made.path.parent / "link"
    link.symlink_to(made.path)
    with pytest.raises(BundleError, match="no bundle"):
        bundle.load(link, made.checksum)


def test_an_extra_file_is_refused(made: Bundle) -> None:
    (made.path / "model.pkl").write_bytes(b"")
    with pytest.raises(BundleError, match=r"model\.pkl does not belong"):
        bundle.load(made.path, made.checksum)


def test_another_checksum_is_refused(made: Bundle) -> None:
    with pytest.raises(BundleError, match="checksum"):
        bundle.load(made.path, "0" * 64)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"version": 1}', b"\xff"])
def test_a_card_that_is_none_is_refused(made: Bundle, text: bytes) -> None:
    (made.path / CARD).write_bytes(text)
    with pytest.raises(BundleError, match=r"card\.json is not a valid card"):
        bundle.load(made.path, bundle.checksum_of(made.path))


def test_a_card_cannot_do_without_a_file(made: Bundle) -> None:
    text = (made.path / CARD).read_text().replace("encoder.onnx", "other.onnx")
    (made.path / CARD).write_text(text)
    with pytest.raises(BundleError, match=r"encoder\.onnx is missing"):
        bundle.load(made.path, bundle.checksum_of(made.path))


def test_a_bundle_is_written_once(made: Bundle) -> None:
    contents = {name: (made.path / name).read_bytes() for name in FILES}
    fields = made.card.model_dump(exclude={"files"})
    with pytest.raises(BundleError, match="exists already"):
        bundle.write(made.path, fields, contents)
    assert [entry.name for entry in made.path.parent.iterdir()] == ["v1"]


def test_an_incomplete_bundle_is_not_written(made: Bundle) -> None:
    target = made.path.parent / "v2"
    fields = made.card.model_dump(exclude={"files"})
    with pytest.raises(BundleError, match=r"v2/head\.safetensors is missing"):
        bundle.write(target, fields, {n: b"" for n in FILES if n != "head.safetensors"})
    assert [entry.name for entry in made.path.parent.iterdir()] == ["v1"]


KILLED = """
import os, signal, sys
from pathlib import Path
from pilotfish.advisors import bundle

source, target = map(Path, sys.argv[1:])
whole = bundle.load(source, bundle.checksum_of(source))
files = {name: (source / name).read_bytes() for name in bundle.FILES}

def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

Path.rename = killed
bundle.write(target, whole.card.model_dump(exclude={"files"}), files)
"""


def test_a_killed_writer_leaves_nothing_that_looks_like_a_bundle(made: Bundle) -> None:
    target = made.path.parent / "v2"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, made.path, target],
        check=False,
        env={**os.environ},
    )
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert [p.name for p in made.path.parent.glob("[!.]*")] == ["v1"]
