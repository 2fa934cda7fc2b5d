import os
import signal
import socket
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.schemas.errors import RequirementError


def kafka_in(folder: Path) -> EmbeddedKafka:
    port, controller_port = free_ports(2)
    return EmbeddedKafka(folder / "kafka", port, controller_port)


def create_topic(kafka: EmbeddedKafka) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic("things", 1, 1)])["things"].result(60)


def write(kafka: EmbeddedKafka, value: bytes) -> None:
    to = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    to.produce("things", value=value)
    assert to.flush(60) == 0


def values(kafka: EmbeddedKafka) -> list[bytes | None]:
    reader = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "test"})
    place = TopicPartition("things", 0, 0)
    _, end = reader.get_watermark_offsets(place, timeout=60)
    reader.assign([place])
    read = [record.value() for record in reader.consume(end, 20)]
    reader.close()
    return read


@pytest.mark.slow
def test_acknowledged_records_survive_stops_and_kills(tmp_path: Path) -> None:
    kafka = kafka_in(tmp_path)
    with kafka:
        create_topic(kafka)
        write(kafka, b"first")
        kafka.stop()
        kafka.start()
        assert values(kafka) == [b"first"]
        write(kafka, b"second")
        kafka.kill()
        kafka.start()
        assert values(kafka) == [b"first", b"second"]


@pytest.mark.slow
def test_a_paused_broker_can_be_stopped_and_leaves_no_process(tmp_path: Path) -> None:
    kafka = kafka_in(tmp_path)
    with kafka:
        pid = kafka.pid
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    kafka.stop()  # again: nothing to do


@pytest.mark.parametrize("used", [0, 1])
def test_a_port_in_use_is_one_clear_error(tmp_path: Path, used: int) -> None:
    ports = free_ports(2)
    with (
        socket.create_server(("127.0.0.1", ports[used])),
        pytest.raises(RequirementError, match=f"port {ports[used]} for Kafka.*in use"),
    ):
        EmbeddedKafka(tmp_path / "kafka", ports[0], ports[1]).start()
    assert not (tmp_path / "kafka").exists()


@pytest.mark.slow
def test_the_error_of_a_broker_that_dies_quotes_its_log(tmp_path: Path) -> None:
    kafka = kafka_in(tmp_path)
    (tmp_path / "kafka/log").mkdir(parents=True)
    (tmp_path / "kafka/log/meta.properties").write_text("version=99\n")
    with pytest.raises(
        RequirementError, match=r"Kafka did not start: .*Exception: .*version"
    ):
        kafka.start()


@pytest.mark.slow
def test_an_unusable_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka/log").write_text("a file, where a folder should be")
    with pytest.raises(RequirementError, match="Kafka cannot use"):
        kafka_in(tmp_path).start()
