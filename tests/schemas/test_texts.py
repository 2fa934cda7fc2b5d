from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.texts import cut, encodable, plain


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_is_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    beginning = cut(text, limit)
    assert text.startswith(beginning)
    assert len(beginning.encode()) <= limit
    longer = text[: len(beginning) + 1]
    assert longer == beginning or len(longer.encode()) > limit


def test_case_and_white_space_do_not_matter_in_a_plain_text() -> None:
    assert plain(" How\n MANY  singers? ") == plain("how many singers?")
    assert plain("a b") != plain("ab")


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_made_encodable(text: str) -> None:
    assert len(encodable(text).encode().decode()) == len(text)


def test_only_half_a_character_is_replaced() -> None:
    assert encodable("ni\udcf1o \N{FISH} \ud83d") == "ni?o \N{FISH} ?"
