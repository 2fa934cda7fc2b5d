from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors import records
from pilotfish.advisors.records import Record, Records

counted = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from([0, 0.5, 1])
    )
)


@given(counted)
def test_what_is_taken_back_was_never_there(
    entries: list[tuple[str, str, float]],
) -> None:
    kept = Records()
    for entry in entries:
        kept.count(*entry)
    before = kept.of("a", ["x", "y"])
    for entry in entries:
        kept.count(*entry)
    for entry in entries:
        kept.count(*entry, -1)
    assert kept.of("a", ["x", "y"]) == before


@given(counted)
def test_restored_they_say_the_same(entries: list[tuple[str, str, float]]) -> None:
    kept = Records()
    for entry in entries:
        kept.count(*entry)
    again = Records.restored(kept.entries)
    for kind in ("a", "b", "never seen"):
        assert again.of(kind, ["x", "y"]) == kept.of(kind, ["x", "y"])
    assert sum(record.attempts for record in kept.of("a", "xy")) == sum(
        kind == "a" for kind, _, _ in entries
    )


def test_pairs_beyond_the_bound_are_not_counted() -> None:
    kept = Records()
    for number in range(records.MOST + 1):
        kept.count(f"kind {number}", "x", 1.0)
    assert len(kept.entries) == records.MOST
    assert kept.of(f"kind {records.MOST}", ["x"]) == [Record()]
    kept.count("kind 0", "x", 0.0)
    assert kept.of("kind 0", ["x"])[0].share == 0.5
