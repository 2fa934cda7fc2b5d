"""An agent that asks which approach to try: python examples/guided_agent.py.

It counts letters, by one of two ways, and one of them is wrong for capitals. Run it
beside `pilotfish up`: it goes on unguided where nobody answers.
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


def attempt_one(pilot: pilotfish.Client, word: str) -> bool:
    letter = word[0].lower()
    problem = f"How often is there a letter {letter} in {word}?"
    with pilot.attempt(problem, problem_type="counting") as attempt:
        hint = attempt.advice(APPROACHES)
        approach = hint.approach or random.choice(list(APPROACHES))  # noqa: S311
        attempt.use(approach)
        found = solve(word, letter, approach)
        attempt.answer("count", str(found))
        right = found == solve(word, letter, "any_case")
        attempt.signal("verifier", float(right))
        if right:
            attempt.succeed()
        else:
            attempt.fail("the verifier counted differently")
    return right


def main(pilot: pilotfish.Client) -> int:
    """Try every word; return how many were right."""
    right = sum(attempt_one(pilot, word) for word in WORDS)
    print(f"{right} of {len(WORDS)} right")
    return right


if __name__ == "__main__":
    with pilotfish.connect(agent="letter-counter") as connected:
        main(connected)
        connected.flush(5)
        print(connected.stats())
