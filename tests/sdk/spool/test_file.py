from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish._sdk.spool.file import SpoolFile, StoredEvent, line_of, waiting_in

TEXTS = st.lists(st.binary(max_size=40).filter(lambda text: b"\n" not in text))


def written(texts: list[bytes]) -> tuple[bytes, list[StoredEvent]]:
    data, stored = b"", []
    for order, text in enumerate(texts):
        stored.append(StoredEvent(order, len(data), text))
        data += line_of(order, text)
    return data, stored


@given(TEXTS, st.data())
def test_a_file_torn_anywhere_holds_the_events_before_the_tear(
    texts: list[bytes], drawn: st.DataObject
) -> None:
    data, stored = written(texts)
    torn = drawn.draw(st.integers(0, len(data)))
    events = waiting_in(data[:torn])
    assert events == stored[: len(events)]
    ends = [event.offset for event in stored[1:]] + [len(data)]
    assert len(events) == sum(end <= torn for end in ends if stored)


@given(TEXTS.filter(bool), st.data())
def test_a_damaged_byte_costs_the_events_it_touches_only(
    texts: list[bytes], drawn: st.DataObject
) -> None:
    data, stored = written(texts)
    location = drawn.draw(st.integers(0, len(data) - 1))
    byte = drawn.draw(st.integers(0, 255).filter(lambda byte: byte != data[location]))
    events = waiting_in(data[:location] + bytes([byte]) + data[location + 1 :])
    assert set(events) <= set(stored)
    lost = [event for event in stored if event not in events]
    # A line end belongs to two lines.
    assert len(lost) == 1 + (
        data[location : location + 1] == b"\n" and location + 1 < len(data)
    )


@given(st.binary())
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert waiting_in(data) == []


def test_marked_events_are_not_read_again(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / "1.steps")
    offsets = [file.append(line_of(order, b"text")) for order in range(4)]
    file.mark([offsets[0], offsets[2]])
    assert [event.order for event in file.read()] == [1, 3]
    again = SpoolFile.existing(file.path)
    assert (again.unread, again.size) == (2, file.size)


def test_a_torn_line_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "1.steps"
    path.write_bytes(line_of(0, b"whole") + line_of(1, b"torn")[:-1])
    file = SpoolFile.existing(path)
    assert (file.unread, [event.text for event in file.read()]) == (1, [b"whole"])


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / "1.steps")
    file.append(b"line\n")
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / "gone" / "1.steps")
    with pytest.raises(FileNotFoundError):
        file.append(b"line\n")
    assert file.size == 0
