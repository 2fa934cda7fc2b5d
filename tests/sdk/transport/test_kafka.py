"""Tests that need a real Kafka: order, outages, threads, and replies."""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError
from sdk.conftest import reading
from sdk.stand_in import StandInAdvisor
from support.polling import eventually, in_time

import pilotfish
from pilotfish._sdk.transport.kafka_events import EventProducer
from pilotfish._sdk.transport.transport import Failure
from pilotfish._sdk.warnings import Warnings
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, StepRecorded
from pilotfish.schemas.ids import new_id

NOWHERE = "127.0.0.1:1"


def test_the_events_of_an_attempt_lie_in_order_in_one_partition(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        with pilotfish.connect(kafka=settings.kafka, tenant=settings.tenant) as pilot:
            open_attempts = [pilot.attempt(str(n)).__enter__() for n in range(20)]
            for step in range(20):
                for attempt in open_attempts:
                    attempt.action("step", str(step))
            for attempt in open_attempts:
                attempt.__exit__(None, None, None)
            assert pilot.flush(60)
        reader.until(lambda events: len(events) == 20 * 22)
    assert len({partition for p in reader.partitions.values() for partition in p}) > 1
    assert all(len(partitions) == 1 for partitions in reader.partitions.values())
    for attempt in open_attempts:
        mine = [event for event in reader.events if event.attempt_id == attempt.id]
        assert isinstance(mine[0], AttemptStarted)
        assert isinstance(mine[-1], AttemptEnded)
        steps = [event.content for event in mine if isinstance(event, StepRecorded)]
        assert steps == [str(step) for step in range(20)]


def test_eight_threads_of_500_attempts_arrive_once(settings: Settings) -> None:
    with (
        reading(settings) as reader,
        pilotfish.connect(kafka=settings.kafka, tenant=settings.tenant) as pilot,
    ):

        def work(thread: int) -> None:
            for number in range(500):
                with pilot.attempt(f"{thread}/{number}") as attempt:
                    attempt.action("tool", "x" * 100)
                    attempt.succeed()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pilot.flush(60)
        assert pilot.stats() == pilotfish.Stats(sent=12_000)
        events = reader.until(lambda events: len(events) >= 12_000, 60)
    assert len(events) == len({event.event_id for event in events}) == 12_000
    kinds = Counter(type(event) for event in events)
    assert set(kinds.values()) == {4000}
    started = {e.problem for e in events if isinstance(e, AttemptStarted)}
    assert len(started) == 4000


def test_a_tiny_queue_drops_steps_and_keeps_outcomes() -> None:
    with pilotfish.connect(kafka=NOWHERE, queue_bytes=20_000) as pilot:
        with pilot.attempt("x") as attempt:
            for _ in range(30_000):
                attempt.action("tool", "y" * 1000)
            attempt.succeed()
        stats = pilot.stats()
        assert stats.dropped > 0
        assert stats.dropped + stats.queued == 30_002
        assert not pilot.flush(0.1)


def test_an_unreachable_kafka_delays_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def share_of_what_it_may_take() -> float:
        began = time.perf_counter()
        pilot = pilotfish.connect(kafka=NOWHERE, advice_deadline_s=0.2)
        connected = time.perf_counter()
        with pilot.attempt("x") as attempt:
            hint = attempt.advice({"plan": ""})
            advised = time.perf_counter()
            attempt.action("tool", "y")
        left = time.perf_counter()
        assert hint.abstained == "unreachable"
        assert advised - connected > 0.19
        eventually(lambda: NOWHERE in caplog.text)
        pilot.close()
        assert pilot.stats() == pilotfish.Stats(failed=3)
        connecting, advising = connected - began, advised - connected
        return max(connecting / 1.0, advising / 0.6, (left - advised) / 0.1)

    in_time(1, share_of_what_it_may_take)


@pytest.mark.slow
def test_kafka_may_start_after_the_agent_and_pause_in_between(tmp_path: Path) -> None:
    broker, controller = free_ports(2)
    settings = Settings(kafka=f"127.0.0.1:{broker}", tenant="late")
    pilot = pilotfish.connect(
        kafka=settings.kafka, tenant="late", advice_deadline_s=0.5
    )
    with pilot.attempt("before"):
        pass
    with EmbeddedKafka(tmp_path, broker, controller) as kafka:
        create_topics(client_config(settings))
        assert pilot.flush(60)
        with closing(StandInAdvisor(settings)):
            eventually(lambda: advice(pilot) == "unsure")
            os.kill(kafka.pid, signal.SIGSTOP)
            assert advice(pilot) in {"deadline", "unreachable"}
            with pilot.attempt("while it pauses"):
                pass
            time.sleep(2)
            assert pilot.stats().queued > 0
            os.kill(kafka.pid, signal.SIGCONT)
            assert pilot.flush(60)
            eventually(lambda: advice(pilot) == "unsure")
            assert pilot.flush(60)
        pilot.close()
    stats = pilot.stats()
    assert (stats.dropped, stats.failed, stats.queued) == (0, 0, 0)


def advice(pilot: pilotfish.Client) -> str | None:
    with pilot.attempt("x") as attempt:
        return attempt.advice({"plan": ""}).abstained


def test_a_late_answer_is_not_mistaken_for_the_next_one(settings: Settings) -> None:
    with (
        closing(StandInAdvisor(settings)) as advisor,
        pilotfish.connect(
            kafka=settings.kafka, tenant=settings.tenant, advice_deadline_s=0.5
        ) as pilot,
    ):
        advisor.advise = lambda request: request.problem
        eventually(lambda: advice(pilot) is None)
        advisor.delay_s = 0.8
        with pilot.attempt("slow") as slow:
            assert slow.advice({"slow": ""}).abstained == "deadline"
        advisor.delay_s = 0.0
        eventually(lambda: advice(pilot) is None)
        with pilot.attempt("quick") as quick:
            assert quick.advice({"quick": ""}).approach == "quick"


def test_settings_come_from_the_environment_and_arguments_win(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_KAFKA", settings.kafka)
    monkeypatch.setenv("PILOTFISH_TENANT", "of-the-environment")
    with reading(settings) as reader:
        with pilotfish.connect(tenant=settings.tenant, agent="a", model="m") as pilot:
            with pilot.attempt("x"):
                pass
            assert pilot.flush(60)
        start, _ = reader.until(lambda events: len(events) >= 2)
    assert isinstance(start, AttemptStarted)
    assert (start.agent.name, start.agent.model) == ("a", "m")


def test_the_agents_name_is_made_encodable(settings: Settings) -> None:
    model: Any = 7
    with (
        reading(settings) as reader,
        pilotfish.connect(
            kafka=settings.kafka,
            tenant=settings.tenant,
            agent="half \ud83d",
            model=model,
        ) as pilot,
    ):
        with pilot.attempt("x"):
            pass
        assert pilot.flush(60)
        start, _ = reader.until(lambda events: len(events) >= 2)
    assert isinstance(start, AttemptStarted)
    assert (start.agent.name, start.agent.model) == ("half ?", "7")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"tenant": "half \ud83d"}, "tenant"),
        ({"tenant": "two words"}, "PILOTFISH_TENANT|tenant"),
        ({"agent": ""}, "name"),
        ({"advice_deadline_s": 0.0}, "advice_deadline_s"),
        ({"queue_bytes": 0}, "queue_bytes"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_when_connecting(
    changes: dict[str, object], match: str
) -> None:
    with pytest.raises(pilotfish.ConfigurationError, match=match):
        pilotfish.connect(**({"kafka": NOWHERE} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_SECURITY", "NONE"),
        ("KAFKA_CA", "/nowhere/ca.pem"),
        ("KAFKA_SASL_MECHANISM", "MAGIC"),
    ],
)
def test_wrong_settings_are_refused_when_connecting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("PILOTFISH_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv(f"PILOTFISH_{name}", value)
    with pytest.raises(pilotfish.ConfigurationError, match="PILOTFISH_"):
        pilotfish.connect(kafka=NOWHERE)


def test_an_event_larger_than_kafka_accepts_is_refused(settings: Settings) -> None:
    events = EventProducer(settings, Warnings())
    huge = AttemptStarted(
        attempt_id="a", problem="x", attributes={"big": "x" * 5_000_000}
    )
    with pytest.raises(SchemaError, match="Kafka refuses the event"):
        events.publish(huge, print)
    events.close()


def test_attributes_larger_than_kafka_accepts_cost_no_event(settings: Settings) -> None:
    with pilotfish.connect(kafka=settings.kafka, tenant=settings.tenant) as pilot:
        with pilot.attempt("x", attributes={"big": "x" * 5_000_000}) as attempt:
            attempt.succeed()
        assert pilot.flush(60)
        assert pilot.stats() == pilotfish.Stats(sent=2, mended=1)


def test_a_producer_with_a_fatal_error_is_replaced(settings: Settings) -> None:
    events = EventProducer(settings, Warnings())
    settled: list[Failure | None] = []

    def publish_one() -> None:
        event = AttemptStarted(tenant=settings.tenant, attempt_id=new_id(), problem="x")
        while not events.publish(event, settled.append):
            events.poll(0.05)

    def all_settled() -> bool:
        events.poll(0.05)
        return len(settled) == 2

    publish_one()
    events._on_error(KafkaError(KafkaError._FENCED, "out of sequence", fatal=True))
    publish_one()
    eventually(all_settled)
    assert settled[1] is None
    events.close()


PATIENCE_OF_LIBRDKAFKA_S = 30
"""How long it waits for a topic that Kafka does not know, if nothing else is said."""


@pytest.mark.slow(60)
def test_events_wait_for_topics_that_are_made_later(tmp_path: Path) -> None:
    broker, controller = free_ports(2)
    settings = Settings(kafka=f"127.0.0.1:{broker}", tenant="early")
    with (
        EmbeddedKafka(tmp_path, broker, controller),
        pilotfish.connect(kafka=settings.kafka, tenant="early") as pilot,
    ):
        with pilot.attempt("before there is a topic"):
            pass
        time.sleep(PATIENCE_OF_LIBRDKAFKA_S + 5)
        assert pilot.stats().queued == 2
        create_topics(client_config(settings))
        assert pilot.flush(60)
        assert pilot.stats() == pilotfish.Stats(sent=2)
