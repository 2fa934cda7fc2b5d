"""Arithmetic in a text: an expression, a list of integers, an interval, a number."""

import re

from pilotfish.demo.reading.text import integers, require, search

LIMIT = 10**7
"""Intervals and sieves beyond it would not end within the time of an attempt."""


def expression(text: str) -> str:
    """Return the longest stretch that is an arithmetic expression in Python's syntax."""
    number = r"(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?)"
    pattern = (
        rf"[-(\s]*{number}(?:[\s)]*(?:\*\*|<<|>>|[-+*/^&|])[-\s(]*{number})+[\s)]*"
    )
    stretches = [match.strip() for match in re.findall(pattern, text)]
    require(stretches)
    return _balanced(max(stretches, key=len)).replace("^", "**")


def _balanced(source: str) -> str:
    surplus = source.count(")") - source.count("(")
    while surplus > 0 and source.endswith(")"):
        source, surplus = source[:-1].rstrip(), surplus - 1
    require(surplus == 0)
    return source


def fraction(text: str) -> tuple[int, int, str]:
    """Return numerator, denominator and the text's own way to write a fraction."""
    require(re.search(r"(?i)lowest terms|simplif", text))
    match = search(r"\\d?frac\{(\d+)\}\{(\d+)\}|(\d+) */ *(\d+)", text)
    top, bottom = [int(number) for number in match.groups() if number]
    form = text[match.start() : match.end()]
    return top, bottom, form.replace(str(top), "%s", 1).replace(str(bottom), "%s", 1)


def divisor_or_multiple(text: str) -> tuple[str, list[int]]:
    """Return "gcd" or "lcm", whichever the text asks for, and its numbers."""
    greatest = re.search(r"(?i)greatest common divisor|\bgcd\b", text)
    require(greatest or re.search(r"(?i)least common multiple|\blcm\b", text))
    numbers = [number for number in integers(text) if number > 0]
    require(len(numbers) > 1)
    return "gcd" if greatest else "lcm", numbers


def number_to_factor(text: str) -> int:
    """Return the number to factor."""
    number = int(search(r"(?i)prime factors?(?:ization)? of (\d{1,12})\b", text)[1])
    require(number > 1)
    return number


def primes_between(text: str) -> tuple[int, int]:
    """Return the interval, ends included, in which primes are to be counted."""
    match = search(r"(?i)primes?\b.*between (\d+) and (\d+)", text)
    low, high = int(match[1]), int(match[2])
    require(low <= high <= LIMIT)
    return low, high
