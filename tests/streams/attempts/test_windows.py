from collections import Counter

from faults.drawn import events
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.events import AttemptEnded, Event
from pilotfish.streams.attempts.assembly import apply
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import (
    Counts,
    Delta,
    Segment,
    Window,
    deltas,
    share,
)
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.rules import Label

SECOND = 1_000_000


def state(**fields: object) -> State:
    made: dict[str, object] = {
        "version": 1,
        "label": Label(1.0),
        "status": "succeeded",
        "problem_type": "sql",
        "approach": "plan",
        "cost": 0.1,
        "started_us": 7205 * SECOND,
        "ended_us": 7206 * SECOND,
    }
    return State("acme", "a", 3, **(made | fields))  # type: ignore[arg-type]


def test_an_attempt_counts_in_the_minute_and_hour_of_its_start() -> None:
    counts = Counts(1, 1, 0, 0, 100_000_000, SECOND)
    assert deltas(None, share(state())) == [
        Delta(Window("acme", 60, 7200, 3), Segment("sql", "plan"), counts),
        Delta(Window("acme", 3600, 7200, 3), Segment("sql", "plan"), counts),
    ]


def test_an_attempt_without_a_label_counts_nowhere() -> None:
    assert share(state(version=0)) is None


def test_an_abstention_is_neither_success_nor_failure() -> None:
    abstains = share(state(label=Label(None, "abandoned")))
    assert abstains and abstains.counts[:4] == (1, 0, 0, 1)


def test_a_duration_by_clocks_that_disagree_is_not_negative() -> None:
    backwards = share(state(ended_us=1))
    assert backwards and backwards.counts.duration_us == 0


def test_a_revision_moves_a_success_within_its_window() -> None:
    before, after = share(state()), share(state(label=Label(0.0)))
    changes = deltas(before, after)
    assert [delta.counts for delta in changes] == [Counts(0, -1, 1)] * 2
    assert deltas(before, before) == []


def test_a_late_start_moves_the_attempt_to_another_minute_of_the_hour() -> None:
    before, after = share(state()), share(state(started_us=7195 * SECOND))
    moved = {
        (d.window.window_s, d.window.window_start): d.counts
        for d in deltas(before, after)
    }
    assert moved[60, 7200].attempts == -1 and moved[60, 7140].attempts == 1
    assert moved[3600, 7200].attempts == -1 and moved[3600, 3600].attempts == 1


def test_billions_add_up_exactly() -> None:
    big = Counts(cost_nano=10**30 + 1)
    assert big.plus(big.negative()) == Counts()


@given(st.lists(events, max_size=40))
def test_the_sum_of_all_changes_is_the_count_of_the_attempts(
    published: list[Event],
) -> None:
    states: dict[tuple[str, str], State] = {}
    totals: Counter[tuple[Window, Segment, str]] = Counter()
    for offset, event in enumerate(published):
        key = event.tenant, event.attempt_id
        changed = states.setdefault(key, State(*key, partition=1))
        before = share(changed)
        apply(changed, event, offset, LabelModel())
        for window, segment, counts in deltas(before, share(changed)):
            for name, count in counts._asdict().items():
                totals[window, segment, name] += count
    expected: Counter[tuple[Window, Segment, str]] = Counter()
    for final in states.values():
        for window, segment, counts in deltas(None, share(final)):
            for name, count in counts._asdict().items():
                expected[window, segment, name] += count
    assert +totals == +expected and not -totals
    ended = {(e.tenant, e.attempt_id) for e in published if isinstance(e, AttemptEnded)}
    assert sum(
        n for (_, _, name), n in totals.items() if name == "attempts"
    ) <= 2 * len(ended)
