from pilotfish.runtime.service.status import ServiceStatus

EVENTS = {("events", 0): 7, ("events", 1): None}


def test_it_goes_from_joining_to_each_new_place() -> None:
    status = ServiceStatus()
    assert not status.joined
    status.gained(EVENTS)
    assert status.joined
    assert status.positions() == {("events", 0): 7, ("events", 1): None}
    status.reached({("events", 1): 12})
    assert status.positions() == {("events", 0): 7, ("events", 1): 12}


def test_what_was_lost_is_not_reached_again() -> None:
    status = ServiceStatus()
    status.gained(EVENTS)
    status.lost([("events", 0)])
    status.reached({("events", 0): 9, ("events", 1): 3})
    assert status.positions() == {("events", 1): 3}
    status.begin()
    assert (status.joined, status.positions()) == (False, {})


def test_who_gets_no_partition_has_joined() -> None:
    status = ServiceStatus()
    status.gained({})
    assert status.joined


def test_silence_is_counted_from_the_last_step() -> None:
    now = [100.0]
    status = ServiceStatus(lambda: now[0])
    now[0] = 130.0
    assert status.silent_s == 30.0
    status.beat(ago_s=12.0)
    assert status.silent_s == 12.0
