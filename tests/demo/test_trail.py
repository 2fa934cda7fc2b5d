from pilotfish.demo.trail import listening, note


def test_each_move_is_heard_once_in_order() -> None:
    heard: list[str] = []
    with listening(heard.append):
        for move in ("read_grid", "fill_table", "read_grid"):
            note(move)
    assert heard == ["read_grid", "fill_table"]


def test_a_move_that_nobody_listens_to_is_no_error() -> None:
    note("read_grid")


def test_the_next_try_begins_anew() -> None:
    heard: list[str] = []
    for _ in range(2):
        with listening(heard.append):
            note("read_grid")
    assert heard == ["read_grid"] * 2
