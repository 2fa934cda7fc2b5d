"""What each role may do, on a real broker with SASL_SSL, SCRAM and the authorizer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from confluent_kafka import TopicPartition
from faults.processes import Service, running
from support.polling import eventually
from support.secured_kafka import SecuredKafka
from typer.testing import CliRunner

import pilotfish
from pilotfish._cli.app import app
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.acl import grant
from pilotfish.infra.provision.roles import Role
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config, consumer, missing_topics, producer
from pilotfish.runtime.kafka_errors import readable
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.topics import (
    ADVICE_REPLIES,
    ADVICE_REQUESTS,
    EVENTS,
    LABELS,
    TOPICS,
    Topic,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    folder = tmp_path_factory.mktemp("secured")
    with SecuredKafka(folder / "kafka", free_ports(3)) as broker:
        create_topics(broker.root)
        for role in Role:
            broker.add_user(f"an-{role}")
            grant(broker.root, role, f"an-{role}")
        broker.add_user("nobody")
        yield broker


def written(settings: Settings, topic: Topic) -> bool:
    """Whether Kafka takes a record of this user; asserts that a refusal says why."""
    failures = []
    client = producer(settings, **{"enable.idempotence": False})
    client.produce(
        topic.name, b"{}", b"key", on_delivery=lambda error, _: failures.append(error)
    )
    assert client.flush(60) == 0
    [error] = failures
    assert error is None or "TOPIC_AUTHORIZATION_FAILED" in error.name()
    return error is None


def read(settings: Settings, topic: Topic, group: str) -> bool:
    """Whether this user gets a record that is there, as a member of a group."""
    client = consumer(settings, group)
    client.subscribe([topic.name])
    [record] = client.consume(1, 30)
    client.close()
    error = record.error()
    if error is None:
        return True
    with pytest.raises(ConfigurationError, match=r"(?i)authorization failed"):
        readable([record])
    return False


def test_an_agent_publishes_asks_and_reads_replies_and_no_more(
    kafka: SecuredKafka,
) -> None:
    agent = kafka.settings("an-agent")
    allowed = {topic.name for topic in TOPICS if written(agent, topic)}
    assert allowed == {EVENTS.name, ADVICE_REQUESTS.name}
    client = consumer(agent, "never joined")
    place = TopicPartition(ADVICE_REPLIES.name, 0)
    assert client.get_watermark_offsets(place, timeout=60) == (0, 0)
    client.close()
    assert not read(agent, EVENTS, "pilotfish-archive")


def test_a_service_creates_reads_and_writes_pilotfish_s_topics(
    kafka: SecuredKafka,
) -> None:
    service = kafka.settings("an-service")
    create_topics(client_config(service))
    assert missing_topics(service) == []
    assert all(written(service, topic) for topic in TOPICS)
    assert read(service, EVENTS, "pilotfish-archive")
    assert not read(service, EVENTS, "others")


def test_an_analyst_reads_and_never_writes(kafka: SecuredKafka) -> None:
    assert written(kafka.settings("an-service"), LABELS)
    analyst = kafka.settings("an-analyst")
    assert not any(written(analyst, topic) for topic in TOPICS)
    assert read(analyst, LABELS, "analyst-notebook")
    assert not read(analyst, LABELS, "pilotfish-archive")


def test_a_role_is_granted_from_the_command_line(
    kafka: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka.add_user("newcomer")
    newcomer = kafka.settings("newcomer")
    assert not written(newcomer, EVENTS)
    monkeypatch.setenv("PILOTFISH_KAFKA", kafka.bootstrap)
    result = CliRunner().invoke(app, ["grant", "agent", "newcomer"])
    assert result.exit_code == 0 and "newcomer now has the rights" in result.output
    assert written(newcomer, EVENTS)


def test_a_user_without_a_role_has_no_permissions(kafka: SecuredKafka) -> None:
    nobody = kafka.settings("nobody")
    assert not any(written(nobody, topic) for topic in TOPICS)
    with pytest.raises(ConfigurationError, match="Kafka refuses"):
        grant(client_config(nobody), Role.AGENT, "nobody")


@pytest.mark.parametrize("user", ["", "*"])
def test_a_role_is_granted_to_a_single_user(kafka: SecuredKafka, user: str) -> None:
    with pytest.raises(ConfigurationError, match="does not name one user"):
        grant(kafka.root, Role.AGENT, user)


def test_a_kafka_without_an_authorizer_is_one_clear_error(servers: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"authorizer\.class\.name"):
        grant(client_config(servers), Role.AGENT, "somebody")


def test_a_wrong_password_is_one_clear_error_that_does_not_show_it(
    kafka: SecuredKafka,
) -> None:
    settings = kafka.settings("an-agent", "wr0ng")
    with pytest.raises(ConfigurationError, match=r"(?i)invalid credentials") as raised:
        missing_topics(settings)
    assert "PILOTFISH_KAFKA settings" in str(raised.value)
    assert "wr0ng" not in f"{raised.value} {settings!r}"


def test_services_with_a_wrong_password_exit_with_the_reason(
    kafka: SecuredKafka, tmp_path: Path
) -> None:
    wrong = kafka.settings("an-service", "wr0ng")
    settings = wrong.model_copy(update={"home": tmp_path})
    names = ("archive", "advisor", "trigger", "memory", "streams")
    with running(settings, tmp_path, *names) as services:
        for service in services.values():
            eventually(lambda service=service: not service.alive())
    for service in services.values():
        last_line = service.log.read_text().splitlines()[-1]
        assert "ConfigurationError" in last_line and "invalid credentials" in last_line
        assert "wr0ng" not in service.log.read_text()


def test_a_certificate_of_another_authority_is_one_clear_error(
    kafka: SecuredKafka,
) -> None:
    other = kafka.ca.with_name("other.pem")
    trustme.CA().cert_pem.write_to_path(other)
    settings = kafka.settings("an-agent").model_copy(update={"kafka_ca": other})
    with pytest.raises(ConfigurationError, match="certificate verify failed"):
        missing_topics(settings)


def labelled(settings: Settings, attempt_id: str) -> bool:
    """Whether a label of this attempt comes within a minute."""
    client = consumer(settings, "pilotfish-test")
    client.subscribe([LABELS.name])
    record = client.poll(60)
    while record is not None and record.key() != attempt_id.encode():
        record = client.poll(60)
    client.close()
    return record is not None


def test_an_agent_s_events_become_labels_on_a_secured_kafka(
    kafka: SecuredKafka,
    servers: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The SDK and the stream processor, whose Kafka client is another one."""
    service = kafka.settings("an-service").model_copy(
        update={"clickhouse": servers.clickhouse, "home": tmp_path}
    )
    streams = Service("streams", service, tmp_path)
    streams.start()
    try:
        for name, value in kafka.settings("an-agent").environment().items():
            monkeypatch.setenv(name, value)
        with pilotfish.connect() as pilot:
            with pilot.attempt("how many?", approach="plan") as attempt:
                attempt.succeed()
            assert pilot.flush(60)
            assert pilot.stats().sent > 0 == pilot.stats().failed
        assert labelled(service, attempt.id)
        assert streams.stop() == 0
    finally:
        streams.end()
