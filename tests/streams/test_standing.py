from confluent_kafka import TopicPartition

from pilotfish.streams.standing import Standing

EVENTS = [TopicPartition("events", 0, 7), TopicPartition("events", 1)]


def test_it_goes_from_joining_to_each_new_place() -> None:
    standing = Standing()
    assert not standing.joined
    standing.gained(EVENTS)
    assert standing.joined
    assert standing.positions() == {("events", 0): 7, ("events", 1): None}
    standing.reached({("events", 1): 12})
    assert standing.positions() == {("events", 0): 7, ("events", 1): 12}


def test_what_was_lost_is_not_reached_again() -> None:
    standing = Standing()
    standing.gained(EVENTS)
    standing.lost(EVENTS[:1])
    standing.reached({("events", 0): 9, ("events", 1): 3})
    assert standing.positions() == {("events", 1): 3}
    standing.begin()
    assert (standing.joined, standing.positions()) == (False, {})


def test_who_gets_no_partition_has_joined() -> None:
    standing = Standing()
    standing.gained([])
    assert standing.joined


def test_silence_is_counted_from_the_last_step() -> None:
    now = [100.0]
    standing = Standing(lambda: now[0])
    now[0] = 130.0
    assert standing.silent_s == 30.0
    standing.beat(ago_s=12.0)
    assert standing.silent_s == 12.0
