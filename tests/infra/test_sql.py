from hypothesis import given
from hypothesis import strategies as st

from pilotfish.infra.sql import split


def test_statements_end_at_semicolons_outside_literals_and_comments() -> None:
    script = """
    -- first; a comment isn't a statement
    SELECT ';', 'it''s', 'a\\';b' /* ; ' */ FROM `a;b`; # done; really
    SELECT "x;y" -- trailing; comment
    ;;
    SELECT $tag$ ; ' $tag$;
    """
    assert split(script) == [
        "SELECT ';', 'it''s', 'a\\';b' /* ; ' */ FROM `a;b`",
        'SELECT "x;y"',
        "SELECT $tag$ ; ' $tag$",
    ]


def test_a_script_of_comments_has_no_statement() -> None:
    assert split("-- nothing; here\n/* nor here; */") == []


@given(st.text())
def test_any_text_can_be_split(text: str) -> None:
    clean = text.encode(errors="replace").decode()
    assert all(part and part in clean for part in split(clean))
