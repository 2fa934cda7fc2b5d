from support.exports import NOW, Read

from pilotfish.schemas.imports.attempt import Fields, imported
from pilotfish.schemas.imports.events import content_id, events_of


def told(fields: Fields) -> Read:
    whole = {"id": "1", "problem": "p", **fields}
    odd: list[str] = []
    attempt = imported(whole, odd.append)
    assert odd == []
    return Read(events_of(attempt, "test", "acme", NOW))


def test_without_an_outcome_it_stays_unknown() -> None:
    attempt = told({})
    assert attempt.end
    assert (attempt.end.status, attempt.signals) == ("unknown", [])
    assert {event.tenant for event in attempt.events} == {"acme"}


def test_an_attempt_that_may_go_on_has_no_end() -> None:
    assert told({"ended": False}).end is None


def test_what_it_cost_beyond_its_steps_is_counted() -> None:
    steps = [{"kind": "action", "name": "a", "tokens": 3, "cost": 0.1}]
    attempt = told({"steps": steps, "tokens": 10, "cost": 0.5})
    assert (attempt.tokens, attempt.cost) == (10, 0.5)
    assert told({"tokens": 7}).tokens == 7


def test_steps_without_times_follow_one_another() -> None:
    attempt = told(
        {
            "at": "2026-01-01T00:00:00Z",
            "steps": [
                {"kind": "action", "name": "a", "duration_s": 2},
                {"kind": "observation", "name": "a"},
            ],
        }
    )
    assert [step.at.second for step in attempt.steps] == [0, 2]


def test_parts_with_names_keep_their_ids_wherever_they_stand() -> None:
    step = {"kind": "thought", "content": "x", "key": "m1"}
    other = {"kind": "thought", "content": "y", "key": "m0"}
    [before] = told({"steps": [step]}).steps
    assert before.event_id in {s.event_id for s in told({"steps": [other, step]}).steps}


def test_attempts_of_two_formats_or_names_are_apart() -> None:
    attempt = imported({"id": "1", "problem": "p"}, print)
    other = imported({"id": "2", "problem": "p"}, print)
    ids = {
        events_of(attempt, "one", "t", NOW)[0].attempt_id,
        events_of(attempt, "two", "t", NOW)[0].attempt_id,
        events_of(other, "one", "t", NOW)[0].attempt_id,
    }
    assert len(ids) == 3


def test_content_has_one_id_however_it_is_laid_out() -> None:
    assert content_id({"a": 1, "b": [2]}) == content_id({"b": [2], "a": 1})
    assert content_id({"a": 1}) != content_id({"a": 2})
