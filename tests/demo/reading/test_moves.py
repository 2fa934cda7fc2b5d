from pilotfish.demo.approaches.state_search import shortest
from pilotfish.demo.reading.cars import sliding_cars
from pilotfish.demo.reading.moves import jugs, labelled_path, tower

JUGS = (
    "The puzzle is solved when you fill any of the available jugs with the target "
    "amount of water. You can fill, empty and pour.\nThe empty jugs hold this many "
    "litres of water: A:4, B:7\nAnd your target is: 3 litres."
)


def test_jugs_are_poured_until_one_holds_the_target() -> None:
    assert shortest(jugs(JUGS)) == ["fill B", "pour B->A"]


def test_a_path_is_read_from_the_last_list_of_edges() -> None:
    space = labelled_path("|1 2|2 3/1 3=1 2 3\n|5 7|7 9|5 6/5 9=")
    assert space.answer(shortest(space)) == "5 7 9"


def test_a_tower_says_where_it_stands_and_where_it_goes() -> None:
    text = "a puzzle with 3 disks and 3 pegs. Move all disks from Peg 2 to Peg 3"
    task = tower(text)
    assert (task.discs, task.pegs, task.start, task.goal) == (3, 3, 2, 3)


def test_a_car_leaves_when_the_one_in_its_way_has_moved() -> None:
    space = sliding_cars("\n".join(["..B...", "..B...", "AAB...", *["......"] * 3]))
    assert space.answer(shortest(space)) == "B+3 A+4"


def test_a_car_stops_at_walls_and_other_cars() -> None:
    space = sliding_cars("\n".join(["AA.x", "..B.", "..B.", "...."]))
    moves = {label for label, _ in space.moves(space.start)}
    assert moves == {"A+1", "B-1", "B+1"}
