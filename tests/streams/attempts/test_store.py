"""The store over ClickHouse and over the model test's fake, which must agree."""

from typing import Any

from faults.drawn import events
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import Event
from pilotfish.schemas.ids import new_id
from pilotfish.streams.attempts.assembly import apply
from pilotfish.streams.attempts.cache import Cell
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.store import (
    load_states,
    load_windows,
    write_cells,
    write_states,
)
from pilotfish.streams.attempts.windows import Counts, Segment, Window
from pilotfish.streams.labels.model import LabelModel


@hypothesis_settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(events, min_size=1, max_size=20))
def test_a_state_is_loaded_as_it_was_written(
    clickhouse: Any, settings: Settings, drawn: list[Event]
) -> None:
    state = State(settings.tenant, new_id(), 3)
    for offset, event in enumerate(drawn):
        apply(state, event, offset, LabelModel())
    write_states(clickhouse, [state])
    key = state.tenant, state.attempt_id
    assert load_states(clickhouse, [key]) == {key: state}
    clickhouse.close()


def test_the_row_with_the_highest_offset_is_current(
    clickhouse: Any, settings: Settings
) -> None:
    for offset in (5, 9, 7):
        state = State(settings.tenant, "a", 0, last_offset=offset, problem=f"{offset}")
        write_states(clickhouse, [state])
    [state] = load_states(clickhouse, [(settings.tenant, "a")]).values()
    assert state.problem == "9"


def test_more_attempts_than_fit_into_one_query_are_loaded(
    clickhouse: Any, settings: Settings
) -> None:
    ids = [f"{'x' * 120}-{number}" for number in range(2500)]
    states = [State(settings.tenant, id_, 0, last_offset=1) for id_ in ids]
    write_states(clickhouse, states)
    keys = [(settings.tenant, id_) for id_ in ids]
    assert len(load_states(clickhouse, [*keys, (settings.tenant, "none")])) == 2500


def test_a_window_is_loaded_as_it_was_written(
    clickhouse: Any, settings: Settings
) -> None:
    window = Window(settings.tenant, 3600, 1_767_225_600, 2)
    other = window._replace(partition=1)
    cell = Cell(Counts(3, 1, 1, 1, 10**30, 10**25), 77)
    odd = Segment("it's 50 % \\ odd\n\x00", "é")
    written = [
        (window, odd, cell),
        (window, odd, cell._replace(last_offset=76)),
        (window, Segment("", ""), Cell(Counts(1), 5)),
    ]
    write_cells(clickhouse, written)
    assert load_windows(clickhouse, [window, other]) == {
        window: {odd: cell, Segment("", ""): Cell(Counts(1), 5)},
        other: {},
    }
