from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.texts import cut, plain


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_is_the_longest_beginning_that_fits(text: str, most: int) -> None:
    done = cut(text, most)
    assert text.startswith(done)
    assert len(done.encode()) <= most
    longer = text[: len(done) + 1]
    assert longer == done or len(longer.encode()) > most


def test_case_and_white_space_tell_nothing_in_a_plain_text() -> None:
    assert plain(" How\n MANY  singers? ") == plain("how many singers?")
    assert plain("a b") != plain("ab")
