"""Work on letters and words: sort, reverse, count, group, shift, match."""

import json
import re
from collections import Counter
from itertools import pairwise

from pilotfish.demo.reading import words
from pilotfish.demo.reading.text import (
    NotApplicableError,
    first_applicable,
    require,
    search,
)
from pilotfish.demo.trail import note

_ROUNDS = 200


def solve(text: str) -> str:
    """Do to the text's strings what it asks for."""
    return first_applicable(text, _METHODS)


def _spell_backward(text: str) -> str:
    note("read_words")
    require(re.search(r"(?i)backwards?|reverse", text))
    word = search(r": (\w+)\s*$", text)[1]
    note("reverse")
    return word[::-1]


def _reverse_list(text: str) -> str:
    note("read_words")
    require(re.search(r"(?i)reverse", text))
    listed = words.word_list(text)
    note("reverse")
    return ", ".join(reversed(listed))


def _sort_list(text: str) -> str:
    note("read_words")
    require(re.search(r"(?i)\bsort\b", text))
    ordered = search(
        r"(?i)in (ascending|descending) order", text.rpartition("ort these")[2]
    )
    listed = search(r": ((?:[^,:\n]+, ?)+[^,:\n]+)$", text, re.MULTILINE)[1]
    items = [item.strip() for item in listed.split(",")]
    numeric = all(re.fullmatch(r"-?\d+(?:\.\d+)?", item) for item in items)
    down = ordered[1].lower() == "descending"
    note("sort")
    if numeric and "string" in text:
        return str(sorted(items, key=float, reverse=down))
    return ", ".join(sorted(items, reverse=down))


def _count_letter(text: str) -> str:
    note("read_letters")
    match = search(r'letter "(\w)".*text: "(.*)"', text, re.DOTALL)
    note("count_letters")
    return str(match[2].lower().count(match[1].lower()))


def _group_anagrams(text: str) -> str:
    note("read_words")
    require(re.search(r"(?i)anagram", text))
    note("sort_letters")
    groups: dict[str, list[str]] = {}
    for word in words.word_list(text):
        groups.setdefault("".join(sorted(word)), []).append(word)
    return json.dumps(list(groups.values()))


def _unshift(text: str) -> str:
    """Take the commonest letter for an E, as codebreakers do first."""
    note("read_cipher")
    cipher = words.shifted_text(text)
    note("count_letters")
    common = Counter(char for char in cipher if char.isalpha()).most_common(1)[0][0]
    note("shift_letters")
    return words.shift(cipher, ord(common) - ord("E"))


def _palindrome(text: str) -> str:
    note("read_letters")
    letters = words.palindrome_letters(text)
    note("count_letters")
    counts = Counter(letters)
    half = "".join(letter * (count // 2) for letter, count in sorted(counts.items()))
    middle = "".join(letter for letter, count in counts.items() if count % 2)
    return half + middle + half[::-1]


def _isomorphic(text: str) -> str:
    note("read_words")
    require(re.search(r"(?i)isomorphic", text))
    match = search(r"(\S+) (\S+)\s*$", text)
    require(len(match[1]) == len(match[2]))
    note("match_letters")
    pairs = set(zip(match[1], match[2], strict=True))
    return str(len(pairs) == len(set(match[1])) == len(set(match[2])))


def _can_be_made(text: str) -> str:
    note("read_letters")
    needed = search(r"(?i)note: (\w+)$", text, re.MULTILINE)[1]
    given = search(r"(?i)magazine: (\w+)$", text, re.MULTILINE)[1]
    note("count_letters")
    return str(not Counter(needed) - Counter(given))


def _insert(text: str) -> str:
    note("read_rules")
    rules = dict(re.findall(r"substring (\w+) in .* insert the character (\w)", text))
    require(rules)
    string = search(r"pattern: (\w+)\s*$", text)[1]
    note("rewrite")
    pattern = "|".join(rules)
    return re.sub(pattern, lambda match: match[0] + rules[match[0]], string)


def _rewrite(text: str) -> str:
    """Rewrite neighbouring tokens by the text's rules until none applies."""
    note("read_rules")
    rules = re.findall(
        r"^ +(\S+) (\S+) \.\.\. becomes \.\.\. (.+)$", text, re.MULTILINE
    )
    require(rules)
    tokens = [line.split() for line in text.splitlines() if line.strip()]
    symbols = {token for left, right, _ in rules for token in (left, right)}
    symbols |= set(" ".join(to for _, _, to in rules).split()) - {"nothing"}
    program = [line for line in tokens if set(line) <= symbols][-1]
    become = {
        (left, right): [] if to == "nothing" else to.split()
        for left, right, to in rules
    }
    note("rewrite")
    for _ in range(_ROUNDS):
        pairs = pairwise(program)
        at = next((i for i, pair in enumerate(pairs) if pair in become), None)
        if at is None:
            return " ".join(program)
        program[at : at + 2] = become[program[at], program[at + 1]]
    raise NotApplicableError("rewriting does not end")


def _filter_numbers(text: str) -> str:
    note("read_words")
    match = search(
        r"(Keep|Remove) all numbers (larger|smaller|greater|less) than (-?[\d.]+) in "
        r"this list: \[([^\]]*)\]",
        text,
    )
    items = re.findall(r"'([^']*)'", match[4])
    note("filter")
    larger, bound = match[2] in ("larger", "greater"), float(match[3].rstrip("."))

    def selected(item: str) -> bool:
        return float(item) > bound if larger else float(item) < bound

    return str([item for item in items if selected(item) == (match[1] == "Keep")])


_METHODS = (
    _group_anagrams,
    _palindrome,
    _unshift,
    _count_letter,
    _isomorphic,
    _can_be_made,
    _insert,
    _rewrite,
    _filter_numbers,
    _sort_list,
    _reverse_list,
    _spell_backward,
)
