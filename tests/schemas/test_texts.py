from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.texts import cut


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_is_the_longest_beginning_that_fits(text: str, most: int) -> None:
    done = cut(text, most)
    assert text.startswith(done)
    assert len(done.encode()) <= most
    longer = text[: len(done) + 1]
    assert longer == done or len(longer.encode()) > most
