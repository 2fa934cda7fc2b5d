from datetime import datetime, timedelta

from pilotfish.consumers.trigger.schedule import TRIES, Schedule
from pilotfish.schemas.base import utc_now


class Clock:
    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def counted(schedule: Schedule, tenant: str, count: int) -> None:
    schedule.labelled(tenant)
    schedule.counted(tenant, count)


def test_a_tenant_is_due_at_the_threshold_and_not_before() -> None:
    schedule = Schedule(100, Clock())
    counted(schedule, "a", 99)
    assert schedule.due() is None
    counted(schedule, "a", 100)
    assert schedule.due() == "a"


def test_a_tenant_is_counted_again_after_enough_labels() -> None:
    schedule = Schedule(100, Clock())
    schedule.labelled("a")
    assert schedule.to_count() == ["a"]
    schedule.counted("a", 98)
    assert schedule.to_count() == []
    schedule.labelled("a")
    assert schedule.to_count() == []
    schedule.labelled("a")
    assert schedule.to_count() == ["a"]


def test_the_tenant_with_most_new_labels_goes_first() -> None:
    schedule = Schedule(100, Clock())
    counted(schedule, "few", 100)
    counted(schedule, "many", 300)
    assert schedule.due() == "many"


def test_a_finished_training_starts_the_count_over() -> None:
    schedule = Schedule(100, Clock())
    counted(schedule, "a", 130)
    schedule.ended("a", "done")
    assert schedule.due() is None
    assert schedule.to_count() == ["a"]
    schedule.counted("a", 30)
    assert schedule.due() is None


def test_a_busy_tenant_is_tried_again_later() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    counted(schedule, "a", 100)
    schedule.ended("a", "busy")
    assert schedule.due() is None
    clock.advance(20)
    assert schedule.due() == "a"


def test_a_failing_training_waits_for_more_labels() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    counted(schedule, "a", 100)
    for _ in range(TRIES):
        assert schedule.due() == "a"
        schedule.ended("a", "failed")
        assert schedule.due() is None
        clock.advance(60)
    assert schedule.due() is None
    schedule.counted("a", 199)
    assert schedule.due() is None
    schedule.counted("a", 200)
    assert schedule.due() == "a"


def test_a_count_that_missed_labels_in_flight_is_repeated() -> None:
    clock = Clock()
    schedule = Schedule(500, clock)
    schedule.labelled("a")
    schedule.counted("a", 499)
    assert schedule.to_count() == []
    clock.now += timedelta(minutes=1)
    assert schedule.to_count() == ["a"]


def test_where_trainings_are_off_the_next_try_waits_for_more_labels() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    counted(schedule, "a", 130)
    schedule.ended("a", "unequipped")
    clock.advance(3600)
    counted(schedule, "a", 229)
    assert schedule.due() is None
    counted(schedule, "a", 230)
    assert schedule.due() == "a"


def test_a_training_is_due_soon_if_labels_go_on_as_they_came() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    counted(schedule, "a", 10)
    assert not schedule.soon()
    clock.advance(60)
    schedule.counted("a", 40)  # 60 are awaited, and 30 come in a minute
    assert not schedule.soon()
    for _ in range(30):
        schedule.labelled("a")
    assert schedule.soon()


def test_no_training_is_due_soon_once_labels_stop_or_it_has_ended() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    for count in (10, 90):
        counted(schedule, "a", count)
        clock.advance(60)
    assert schedule.soon()
    schedule.counted("a", 90)
    assert not schedule.soon()
    clock.advance(60)
    schedule.counted("a", 100)
    assert schedule.soon()
    schedule.ended("a", "done")
    assert not schedule.soon()


def test_counts_that_follow_at_once_tell_no_pace() -> None:
    clock = Clock()
    schedule = Schedule(100, clock)
    counted(schedule, "a", 10)
    clock.advance(1)
    schedule.counted("a", 90)
    assert not schedule.soon()
