"""An agent that requests advice on its approach: python examples/guided_agent.py.

It counts letters in one of two ways, of which one is wrong for capitals. Run it beside
`pilotfish up`; without an answer, it goes on unguided.
"""

import random

import pilotfish

APPROACHES = {
    "as_written": "count the letter exactly as it is written",
    "any_case": "count small letters and capitals alike",
}
WORDS = ("Mississippi", "Anna", "banana", "Eve", "Otto", "bookkeeper")


def solve(word: str, letter: str, approach: str) -> int:
    text = word.lower() if approach == "any_case" else word
    return text.count(letter)


def attempt_word(pilot: pilotfish.Client, word: str) -> bool:
    letter = word[0].lower()
    problem = f"How often is there a letter {letter} in {word}?"
    with pilot.attempt(problem, problem_type="counting") as attempt:
        hint = attempt.advice(APPROACHES)
        approach = hint.approach or random.choice(list(APPROACHES))  # noqa: S311
        attempt.use(approach)
        count = solve(word, letter, approach)
        attempt.answer("count", str(count))
        right = count == solve(word, letter, "any_case")
        attempt.signal("verifier", float(right))
        if right:
            attempt.succeed()
        else:
            attempt.fail("the verifier counted differently")
    return right


def main(pilot: pilotfish.Client) -> int:
    """Attempt every word; return the number of right answers."""
    right = sum(attempt_word(pilot, word) for word in WORDS)
    print(f"{right} of {len(WORDS)} right")
    return right


if __name__ == "__main__":
    with pilotfish.connect(agent="letter-counter") as connected:
        main(connected)
        connected.flush(5)
        print(connected.stats())
