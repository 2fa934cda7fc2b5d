"""Problems of all families, judged by their families' own verifiers."""

from itertools import islice

import pytest

from pilotfish.demo.problems import FAMILIES, draw_problems, novel_families, problems_of


def test_there_are_many_families() -> None:
    assert len(FAMILIES) >= 36


def test_the_same_seed_draws_the_same_problems() -> None:
    first, again, other = (
        [(problem.family, problem.text) for problem in draw_problems(40, seed)]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_problems_come_in_random_order() -> None:
    families = [problem.family for problem in draw_problems(60, seed=3)]
    assert len(set(families)) > 20
    assert families != sorted(families)


def test_families_are_held_back_until_the_last_third() -> None:
    problems = list(draw_problems(150, seed=4))
    assert not any(problem.novel for problem in problems[:100])
    assert any(problem.novel for problem in problems[100:])
    early = {problem.family for problem in problems[:100]}
    assert not early & novel_families(4)
    assert all(
        problem.novel == (problem.family in novel_families(4)) for problem in problems
    )


def test_which_families_are_held_back_depends_on_the_seed() -> None:
    assert novel_families(1) != novel_families(2)
    assert len(novel_families(1)) == len(novel_families(2)) >= 9


def test_no_text_names_its_family() -> None:
    for problem in draw_problems(200, seed=5):
        assert "_" not in problem.family or problem.family not in problem.text


def test_problems_are_drawn_lazily() -> None:
    assert len(list(islice(draw_problems(10**6, seed=6), 3))) == 3


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_verifier_accepts_the_known_answer_and_nothing_else(family: str) -> None:
    import reasoning_gym  # after `problems`, which knows what it warns of

    problem = next(problems_of(family, 1, seed=7))
    entry = reasoning_gym.create_dataset(family, size=1, seed=7, **FAMILIES[family])[0]
    assert entry["question"] == problem.text
    assert not problem.verify("no answer at all")
    assert not problem.verify("")
    if entry["answer"] is not None:
        assert problem.verify(entry["answer"])
