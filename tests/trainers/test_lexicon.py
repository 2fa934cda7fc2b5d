import numpy as np

from pilotfish.advisors.lexicon import Lexicon
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.lexicon import fit_lexicon

WORDS = ("stadium", "concert", "singer", "airline", "battle", "orchestra", "museum")


def log(seed: int, count: int, *, told: bool) -> list[Attempt]:
    """Attempts of which `plan` succeeds on stadiums, `react` elsewhere, if told."""
    rng = np.random.default_rng(seed)
    attempts = []
    for number in range(count):
        words = [str(word) for word in rng.choice(WORDS, size=3, replace=False)]
        problem = f"List each {' and '.join(words)} number {seed * 10_000 + number}"
        approach = str(rng.choice(["plan", "react"]))
        right = (approach == "plan") == ("stadium" in words)
        chance = (0.9 if right else 0.1) if told else 0.5
        success = float(rng.random() < chance)
        attempts.append(Attempt(str(number), problem, "", approach, success))
    return attempts


def gap(lexicon: Lexicon, attempts: list[Attempt]) -> float:
    """How much higher successes are scored than failures."""
    scores = lexicon.scores([one.problem for one in attempts])
    tried = [("plan", "react").index(one.approach) for one in attempts]
    own = scores[np.arange(len(attempts)), tried]
    won = np.array([one.p_success > 0.5 for one in attempts])
    return float(own[won].mean() - own[~won].mean())


def test_words_that_tell_are_learned_and_said_of_new_texts() -> None:
    taught = log(1, 600, told=True)
    lexicon = fit_lexicon(taught)
    assert lexicon.width == 2
    assert gap(lexicon, log(2, 300, told=True)) > 0.3


def test_what_was_learned_from_is_scored_no_better_than_new_texts() -> None:
    taught, new = log(1, 400, told=True), log(2, 400, told=True)
    lexicon = fit_lexicon(taught)
    assert abs(gap(lexicon, taught) - gap(lexicon, new)) < 0.1


def test_words_that_tell_nothing_score_next_to_nothing() -> None:
    taught = log(3, 600, told=False)
    lexicon = fit_lexicon(taught)
    assert abs(gap(lexicon, taught)) < 0.05
    assert np.abs(lexicon.scores([one.problem for one in taught])).max() < 0.2


def test_the_same_attempts_give_the_same_bytes() -> None:
    taught = log(4, 120, told=True)
    assert fit_lexicon(taught).to_bytes() == fit_lexicon(taught).to_bytes()
