"""Reading all labels of all partitions, from real Kafka."""

from confluent_kafka import Message as Record
from support.advice.asking import label, publish_labels

from pilotfish.runtime.kafka import producer
from pilotfish.runtime.label_reader import LabelReader
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.topics import LABELS


def ignored(_record: Record, _reason: str) -> None:
    """Nobody is told."""


def read_all(reader: LabelReader, settings: Settings) -> list[str]:
    """Read to the end; return the attempts of this test's tenant."""
    found: list[str] = []
    while not reader.at_end:
        labels = [one.label for one in reader.read(500, 0.1)]
        found += [one.attempt_id for one in labels if one.tenant == settings.tenant]
    return found


def test_it_reads_every_partition_to_its_end(settings: Settings) -> None:
    made = [label(settings, number) for number in range(20)]
    publish_labels(settings, *made)
    with LabelReader(settings, {}, ignored) as reader:
        assert sorted(read_all(reader, settings)) == sorted(m.attempt_id for m in made)
        assert set(reader.positions) == set(range(LABELS.partitions))


def test_it_goes_on_where_it_is_told_and_can_go_back(settings: Settings) -> None:
    publish_labels(settings, *[label(settings, number) for number in range(8)])
    with LabelReader(settings, {}, ignored) as reader:
        read_all(reader, settings)
        ends = dict(reader.positions)
    publish_labels(settings, *[label(settings, number) for number in range(8, 12)])
    with LabelReader(settings, ends, ignored) as reader:
        assert len(read_all(reader, settings)) == 4
        reader.rewind(ends)
        assert len(read_all(reader, settings)) == 4
        reader.rewind(dict.fromkeys(ends, 10**9))
        assert reader.at_end


def test_offsets_of_a_topic_that_is_gone_start_it_anew(settings: Settings) -> None:
    publish_labels(settings, label(settings, 0))
    far = dict.fromkeys(range(LABELS.partitions), 10**9)
    with LabelReader(settings, far, ignored) as reader:
        assert read_all(reader, settings) == [f"{settings.tenant}-a0"]


def test_what_is_no_label_is_set_aside_and_passed(settings: Settings) -> None:
    to = producer(settings)
    to.produce(LABELS.name, value=b"no label", partition=0)
    assert to.flush(60) == 0
    publish_labels(settings, label(settings, 0))
    reasons: list[str] = []
    with LabelReader(settings, {}, lambda _, reason: reasons.append(reason)) as reader:
        assert read_all(reader, settings) == [f"{settings.tenant}-a0"]
    assert any("schema" in reason for reason in reasons)
