import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from pilotfish.infra.provision import topics as module
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import ADVISORS, DEAD, EVENTS, LABELS, TOPICS, Topic


def config_of(settings: Settings, topic: Topic) -> dict[str, str]:
    admin = AdminClient(client_config(settings))
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    entries = admin.describe_configs([resource])[resource].result(60)
    return {name: entry.value for name, entry in entries.items()}


def test_every_topic_is_there_with_its_partitions(settings: Settings) -> None:
    there = AdminClient(client_config(settings)).list_topics(timeout=60).topics
    for topic in TOPICS:
        assert len(there[topic.name].partitions) == topic.partitions


def test_topics_are_kept_as_the_table_says(settings: Settings) -> None:
    day_ms = 24 * 3600 * 1000
    assert config_of(settings, EVENTS)["retention.ms"] == str(30 * day_ms)
    assert config_of(settings, DEAD)["retention.ms"] == str(90 * day_ms)
    assert config_of(settings, ADVISORS)["cleanup.policy"] == "compact"


def test_a_letter_about_a_megabyte_fits(settings: Settings) -> None:
    assert int(config_of(settings, DEAD)["max.message.bytes"]) > 1024**2 * 4 / 3


def test_kafka_takes_the_largest_message_and_little_more(settings: Settings) -> None:
    for topic in TOPICS:
        takes = int(config_of(settings, topic)["max.message.bytes"])
        assert topic.max_bytes < takes < topic.max_bytes + 100_000


def test_making_them_again_changes_nothing(settings: Settings) -> None:
    create_topics(client_config(settings))
    create_topics(client_config(settings), replication=3)


def test_unequal_partitions_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Topic(f"e-{settings.tenant}", "k", EVENTS.messages, EVENTS.keep, 3)
    labels = Topic(f"l-{settings.tenant}", "k", LABELS.messages, LABELS.keep, 2)
    for name, value in (("EVENTS", events), ("LABELS", labels)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "TOPICS", (events, labels))
    with pytest.raises(ConfigurationError, match=r"3 partitions and .* has 2: give"):
        create_topics(client_config(settings))


def test_more_copies_than_brokers_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Topic(f"n-{settings.tenant}", "k", EVENTS.messages, EVENTS.keep, 1)
    monkeypatch.setattr(module, "TOPICS", (new,))
    with pytest.raises(ConfigurationError, match="replication factor"):
        create_topics(client_config(settings), replication=3)


def test_a_kafka_that_is_away_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_S", 1.0)
    with pytest.raises(UnavailableError, match="Kafka made no topics"):
        create_topics({"bootstrap.servers": "127.0.0.1:1"})


def test_topics_of_others_are_left_alone(settings: Settings) -> None:
    admin = AdminClient(client_config(settings))
    [made] = admin.create_topics([NewTopic(f"other-{settings.tenant}", 1, 1)]).values()
    made.result(60)
    create_topics(client_config(settings))
    assert f"other-{settings.tenant}" in admin.list_topics(timeout=60).topics
