from collections.abc import Callable
from typing import Any

import pytest
from sdk.raising import (
    LIMITED,
    NUMBERS,
    HostileError,
    handled,
    named,
    raised_from,
    throw,
    with_attributes,
)

from pilotfish._sdk.failures import describe, ending, is_infrastructure


def test_the_cause_of_an_exception_counts() -> None:
    wrapped = raised_from(RuntimeError("no answer"), named("RateLimitError"))
    assert is_infrastructure(raised_from(RuntimeError("gave up"), wrapped))
    assert not is_infrastructure(raised_from(RuntimeError("x"), ValueError("y")))


def test_what_was_being_handled_counts_unless_that_was_suppressed() -> None:
    def gave_up() -> None:
        throw(RuntimeError("no answer after 3 tries"))

    assert is_infrastructure(handled(LIMITED, gave_up))
    assert is_infrastructure(
        handled(handled(LIMITED, gave_up), lambda: throw(ValueError("no answer")))
    )
    hidden = handled(LIMITED, lambda: throw(RuntimeError("wrong"), cause=None))
    assert ending(hidden) == "failed"
    real = handled(LIMITED, lambda: throw(RuntimeError("x"), cause=ValueError("y")))
    assert ending(real) == "failed"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: {}["missing"],
        [].pop,
        lambda: len(3),  # type: ignore[arg-type]
        lambda: 1 // 0,
        lambda: throw(AssertionError("wrong answer")),
        lambda: throw(with_attributes(status_code=400)),
        lambda: throw(with_attributes(code="422")),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_a_fault_of_the_handler_is_not_excused_by_what_it_handles(
    wrong: Callable[[], object],
) -> None:
    assert ending(handled(LIMITED, wrong)) == "failed"


def test_a_fault_handled_within_another_one_excuses_neither() -> None:
    def look_up() -> None:
        try:
            {}["missing"]
        except KeyError:
            throw(RuntimeError("nothing in the cache"))

    assert ending(handled(ValueError("wrong"), look_up)) == "failed"


def test_what_was_handled_outside_of_the_attempt_does_not_count() -> None:
    fallback = handled(LIMITED, lambda: throw(ValueError("wrong, too")))
    assert ending(fallback) == "infrastructure"
    assert ending(fallback, handled_outside=LIMITED) == "failed"
    assert ending(LIMITED, handled_outside=LIMITED) == "infrastructure"
    explicit = raised_from(RuntimeError("gave up"), LIMITED)
    assert ending(explicit, handled_outside=LIMITED) == "infrastructure"


def test_a_group_ends_as_the_worst_of_its_exceptions() -> None:
    limited, wrong, stopped = LIMITED, ValueError("wrong"), KeyboardInterrupt()
    deep = ExceptionGroup("all", [ExceptionGroup("deep", [limited, limited])])
    assert ending(deep) == "infrastructure"
    assert ending(ExceptionGroup("mixed", [deep, wrong])) == "failed"
    assert ending(BaseExceptionGroup("x", [stopped, wrong])) == "failed"
    assert ending(BaseExceptionGroup("x", [stopped, limited])) == "infrastructure"
    assert ending(BaseExceptionGroup("x", [stopped, GeneratorExit()])) == "abandoned"
    assert is_infrastructure(raised_from(RuntimeError("no answer"), deep))
    # Both of a group may come from the same failure.
    twins = [raised_from(RuntimeError(str(n)), limited) for n in range(2)]
    assert ending(ExceptionGroup("twins", twins)) == "infrastructure"


def test_a_group_may_contain_itself_by_its_causes() -> None:
    inner = ValueError("x")
    group = ExceptionGroup("circular", [inner])
    inner.__cause__ = group
    assert ending(group) == "failed"


def test_deep_and_wide_structures_are_judged_quickly() -> None:
    shared: Any = TimeoutError()
    for _ in range(60):
        shared = ExceptionGroup("doubled", [shared, shared])
    assert is_infrastructure(shared)
    chain: BaseException = LIMITED
    for _ in range(5000):
        chain = raised_from(RuntimeError("again"), chain)
    assert not is_infrastructure(chain)


def test_circular_causes_are_not_followed_forever() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    assert not is_infrastructure(raised_from(first, raised_from(second, first)))


def test_an_exception_is_described_by_type_and_message() -> None:
    assert describe(ValueError("wrong")) == "ValueError: wrong"
    assert describe(ValueError()) == "ValueError"
    assert describe(HostileError()) == "HostileError: [HostileError has no text]"
    assert describe(ValueError("wrong", 2)) == "ValueError: ('wrong', 2)"


def test_what_an_exception_holds_is_described_in_part_if_it_is_large() -> None:
    described = describe(ValueError(list(range(2_000_000))))
    assert described.startswith("ValueError: [0, 1, 2") and len(described) < 20_000
