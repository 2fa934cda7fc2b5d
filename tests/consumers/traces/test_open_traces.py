from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.traces import open_traces
from pilotfish.consumers.traces.open_traces import OpenTraces

PLACE = ("pilotfish.traces", 0)
OTHER = ("pilotfish.traces", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_record_of_an_open_trace_holds_the_offset_back() -> None:
    opened = OpenTraces(60.0, Clock())
    opened.touch(("t", "a"), PLACE, 5)
    opened.touch(("t", "b"), PLACE, 7)
    opened.touch(("t", "a"), PLACE, 9)
    read = {PLACE: 10, OTHER: 3}
    assert opened.ends(read) == {PLACE: 5, OTHER: 3}
    opened.close([("t", "a")])
    assert opened.ends(read) == {PLACE: 7, OTHER: 3}
    opened.close([("t", "b")])
    assert opened.ends(read) == read


def test_a_trace_is_quiet_when_none_of_its_spans_came_for_so_long() -> None:
    clock = Clock()
    opened = OpenTraces(60.0, clock)
    opened.touch(("t", "a"), PLACE, 0)
    clock.now = 30.0
    opened.touch(("t", "b"), PLACE, 1)
    opened.touch(("t", "a"), PLACE, 2)
    clock.now = 89.9
    assert opened.quiet() == []
    clock.now = 90.0
    assert opened.quiet() == [("t", "b"), ("t", "a")]


def test_too_many_open_traces_close_the_quietest() -> None:
    opened = OpenTraces(60.0, Clock())
    for number in range(open_traces.MOST + 2):
        opened.touch(("t", str(number)), PLACE, number)
    assert opened.quiet() == [("t", "0"), ("t", "1")]


def test_traces_of_partitions_that_others_read_are_left() -> None:
    opened = OpenTraces(60.0, Clock())
    opened.touch(("t", "a"), PLACE, 5)
    opened.touch(("t", "b"), PLACE, 6)
    opened.touch(("t", "b"), OTHER, 1)
    opened.drop([PLACE])
    assert opened.ends({OTHER: 9}) == {OTHER: 1}
    opened.close([("t", "b")])
    assert opened.ends({OTHER: 9}) == {OTHER: 9}


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.booleans(), st.booleans()), max_size=40
    )
)
def test_no_record_of_an_open_trace_is_ever_committed(
    steps: list[tuple[str, bool, bool]],
) -> None:
    opened = OpenTraces(60.0, Clock())
    first: dict[str, dict[tuple[str, int], int]] = {}
    read = {PLACE: 0, OTHER: 0}
    for trace, second, closes in steps:
        place = OTHER if second else PLACE
        opened.touch(("t", trace), place, read[place])
        first.setdefault(trace, {}).setdefault(place, read[place])
        read[place] += 1
        if closes:
            opened.close([("t", trace)])
            del first[trace]
        for where, end in opened.ends(read).items():
            below = [places[where] for places in first.values() if where in places]
            assert end == min(below, default=read[where])
