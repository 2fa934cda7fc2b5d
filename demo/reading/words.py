"""Words in a text: lists, quoted strings, ciphers, palindromes."""

import json
import re
from collections.abc import Sequence

from pilotfish.demo.reading.text import require, search

_FREQUENCY = dict(
    zip(
        "ETAOINSHRDLCUMWFGYPBVKJXQZ",
        [
            *(12.7, 9.1, 8.2, 7.5, 7.0, 6.7, 6.3, 6.1, 6.0, 4.3, 4.0, 2.8, 2.8),
            *(2.4, 2.4, 2.2, 2.0, 2.0, 1.9, 1.5, 1.0, 0.8, 0.2, 0.2, 0.1, 0.1),
        ],
        strict=True,
    )
)
"""Percent of letters in English text."""


def word_list(text: str) -> list[str]:
    """Return the comma-separated words after the last colon, or in the last brackets."""
    listed = search(r"(?:: |\[)((?:[^,:\[\]\n]+, ?)+[^,:\[\]\n]+)\]?\s*$", text)[1]
    return [word.strip().strip("\"'") for word in listed.split(",")]


def palindrome_letters(text: str) -> list[str]:
    """Return the letters of which a palindrome is to be made."""
    require(re.search(r"(?i)palindrome", text))
    letters = word_list(text)
    require(all(len(letter) == 1 for letter in letters))
    return letters


def string_to_partition(text: str) -> str:
    """Return the string that is to be cut into palindromes."""
    return search(r"(?i)partition the .*palindromes?: (\S+)\s*$", text)[1]


def shifted_text(text: str) -> str:
    """Return the text in capitals that was shifted along the alphabet."""
    require(re.search(r"(?i)cipher", text))
    return search(r": ([A-Z][A-Z ]+[A-Z])\b", text)[1]


def shift(cipher: str, by: int) -> str:
    """Return the capitals moved back along the alphabet."""
    return "".join(
        chr((ord(char) - 65 - by) % 26 + 65) if char.isalpha() else char
        for char in cipher
    )


def englishness(plain: str) -> float:
    """Return how common the letters are in English; higher is likelier."""
    return sum(_FREQUENCY.get(char, 0.0) for char in plain)


def as_json(parts: Sequence[Sequence[str]]) -> str:
    """Word a list of lists."""
    return json.dumps([list(part) for part in parts])
