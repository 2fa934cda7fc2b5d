"""Statements of logic, symbolic or in words, as formulas over 0/1 variables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from pilotfish.demo.reading.puzzle import (
    Connective,
    Constraint,
    Formula,
    Linear,
    Puzzle,
    Solution,
    fact,
    total,
)
from pilotfish.demo.reading.text import NotApplicableError, require, search

_BINARY: tuple[tuple[str, Connective], ...] = (
    ("↔", "iff"),
    ("→", "implies"),
    ("∨", "or"),
    ("∧", "and"),
)
"""From the loosest to the tightest."""


def parse_symbols(text: str) -> Constraint:
    """Parse a formula in ¬ ∧ ∨ → ↔, parentheses and capital letters."""
    text = text.strip()
    while _wrapped(text):
        text = text[1:-1].strip()
    for sign, connective in _BINARY:
        at = _outermost(text, sign)
        if at is not None:
            parts = (parse_symbols(text[:at]), parse_symbols(text[at + 1 :]))
            return Formula(connective, parts)
    if text.startswith("¬"):
        return Formula("not", (parse_symbols(text[1:]),))
    require(re.fullmatch("[A-Z]", text))
    return fact(text)


def _depths(text: str) -> list[int]:
    depth, depths = 0, []
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        depths.append(depth)
    return depths


def _wrapped(text: str) -> bool:
    return text[:1] == "(" and 0 not in _depths(text)[:-1] and text[-1] == ")"


def _outermost(text: str, sign: str) -> int | None:
    places = [
        i
        for i, (char, depth) in enumerate(zip(text, _depths(text), strict=True))
        if char == sign and depth == 0
    ]
    return places[-1] if places else None


@dataclass(frozen=True, slots=True)
class Premises:
    """Premises from which something is to be concluded."""

    letters: Sequence[str]
    statements: tuple[Constraint, ...]

    def candidates(self) -> Iterator[str]:
        """Yield possible conclusions, stronger and shorter ones first."""
        literals = [*self.letters, *(f"¬{letter}" for letter in self.letters)]
        yield from literals[len(self.letters) :]
        for sign in "∧↔→∨":
            for left, right in combinations(literals, 2):
                if left.strip("¬") != right.strip("¬"):
                    yield f"({left} {sign} {right})"

    def refutation(self, conclusion: str) -> Puzzle:
        """Return a puzzle that has no solution if and only if the conclusion follows."""
        denied = Formula("not", (parse_symbols(conclusion),))
        return Puzzle(
            dict.fromkeys(self.letters, (0, 1)),
            (*self.statements, denied),
            lambda solutions: "" if solutions else conclusion,
        )


def premises(text: str) -> Premises:
    """Read numbered premises in symbols."""
    lines = re.findall(r"^\.?\d+\. *([¬(A-Z].*?)\.?$", text, re.MULTILINE)
    require(lines and re.search("conclu", text))
    letters = sorted(set("".join(lines)) & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return Premises(letters, tuple(parse_symbols(line) for line in lines))


def tellers(text: str) -> Puzzle:
    """Read people who always tell the truth or always lie, and what each of them says."""
    roles = search(r"only by (\w+?)s and (\w+?)s\.", text)
    names = re.findall(r"\w+", search(r"inhabitants?: ([^.]*)\.", text)[1])
    names = [name for name in names if name != "and"]
    statements = (
        text.split("inhabitants", 1)[1]
        .split(". ", 1)[1]
        .split(" So who is", maxsplit=1)[0]
    )
    claims = list(_claims(statements, names, (roles[1], roles[2])))
    require(len(claims) == len(names))
    rules = [Formula("iff", (fact(name), claim)) for name, claim in claims]

    def answer(solutions: Sequence[Solution]) -> str:
        parts = [f"{n} is a {roles[1] if solutions[0][n] else roles[2]}" for n in names]
        return ", and ".join(parts)

    return Puzzle(dict.fromkeys(names, (0, 1)), tuple(rules), answer)


_SENTENCE = re.compile(r'[^."]*(?:"[^"]*\."|(?:"[^"]*"[^."]*)?\.)')
"""Up to its full stop, which may stand inside the quotation marks."""


def _claims(
    statements: str, names: Sequence[str], roles: tuple[str, str]
) -> Iterator[tuple[str, Constraint]]:
    """Yield speaker and claim, in the order of the text."""
    for raw in _SENTENCE.findall(statements):
        sentence = raw.strip()
        quote = re.search(r'"([^"]*?)[,.]?"', sentence)
        if quote:
            outside = sentence.replace(quote[0], " ")
            content = quote[1]
        else:
            outside, _, content = sentence.partition(" that ")
        speaker = [name for name in names if re.search(rf"\b{name}\b", outside)]
        if len(speaker) == 1 and content:
            yield speaker[0], parse_words(content.strip(" ."), roles)


def parse_words(text: str, roles: tuple[str, str]) -> Constraint:
    """Parse "X is a knight", and, or, if ... then, if and only if, it is not the case."""
    text = text.strip()
    while _wrapped(text):
        text = text[1:-1].strip()
    if text.startswith("if "):
        left, right = _split(text[3:], " then ")
        return Formula("implies", (parse_words(left, roles), parse_words(right, roles)))
    words: tuple[tuple[str, Connective], ...] = (
        (" if and only if ", "iff"),
        (" or ", "or"),
        (" and ", "and"),
    )
    for word, connective in words:
        parts = _split(text, word)
        if len(parts) > 1:
            return Formula(connective, tuple(parse_words(p, roles) for p in parts))
    if text.startswith("it is not the case that "):
        return Formula("not", (parse_words(text[24:], roles),))
    match = search(rf"^(\w+) is (not )?an? ({roles[0]}|{roles[1]})$", text)
    truthful = (match[3] == roles[0]) != bool(match[2])
    return Linear(((1, match[1]),), "==", int(truthful))


def _split(text: str, word: str) -> list[str]:
    """Split at the word where no parenthesis is open."""
    depths, parts, begin = _depths(text), [], 0
    for match in re.finditer(word, text):
        if depths[match.start()] == 0:
            parts.append(text[begin : match.start()])
            begin = match.end()
    return [*parts, text[begin:]]


def syllogism(text: str) -> Puzzle:
    """Read quantified premises and a conclusion; a solution is a counterexample.

    Each region of the Venn diagram of all terms is inhabited or not. As in Aristotle's
    logic, no term is empty.
    """
    premises_text, _, conclusion_text = text.partition("follow")
    pattern = r"\b(All|No|Some) (\w+) are (not )?(\w+)"
    given, conclusion = (
        re.findall(pattern, premises_text),
        re.findall(pattern, conclusion_text),
    )
    require(given and len(conclusion) == 1)
    terms = sorted({term for q in (*given, *conclusion) for term in (q[1], q[3])})
    require(len(terms) <= 6)
    regions = {
        "".join(map(str, bits)): dict(zip(terms, bits, strict=True))
        for bits in product((0, 1), repeat=len(terms))
    }
    some = [_quantified(("Some", term, "", term), regions) for term in terms]
    rules = [_quantified(premise, regions) for premise in given]
    denied = Formula("not", (_quantified(conclusion[0], regions),))
    return Puzzle(
        dict.fromkeys(regions, (0, 1)),
        (*rules, *some, denied),
        lambda solutions: "No" if solutions else "Yes",
    )


def _quantified(
    statement: tuple[str, str, str, str], regions: Mapping[str, Mapping[str, int]]
) -> Constraint:
    """Return e.g. "Some A are B" as "a region inside both is inhabited"."""
    quantifier, subject, negated, predicate = statement
    inside = (quantifier != "All") != bool(negated)
    chosen = [
        name
        for name, member in regions.items()
        if member[subject] and bool(member[predicate]) == inside
    ]
    return total(chosen, ">=", 1) if quantifier == "Some" else total(chosen, "==", 0)


def statements_about_themselves(text: str) -> Puzzle:
    """Read numbered statements on how many of them are true; count the solutions."""
    numbered = re.findall(r"Statement (\d+): *'(.*)'", text)
    require(numbered and re.search("number of possible solutions", text))
    names = [f"s{number}" for number, _ in numbered]
    rules = [
        Formula("iff", (fact(name), _about(statement, names)))
        for name, (_, statement) in zip(names, numbered, strict=True)
    ]
    domains = dict.fromkeys(names, (0, 1))
    return Puzzle(
        domains, tuple(rules), lambda solutions: str(len(solutions)), count=True
    )


def _about(statement: str, names: Sequence[str]) -> Constraint:
    kind = "true" if "true" in statement else "false"
    amount = re.search(r"(At least|At most|Exactly) (\d+) of these", statement)
    if amount:
        return _amount(amount[1], int(amount[2]), kind, names)
    either = re.search(r"Either Statement (\d+) or Statement (\d+)", statement)
    if either:
        same = Formula("iff", (fact(f"s{either[1]}"), fact(f"s{either[2]}")))
        return Formula("not", (same,))
    if "prime" not in statement and "composite" not in statement:
        raise NotApplicableError(statement)
    primes = [n for n in range(2, len(names) + 1) if all(n % d for d in range(2, n))]
    composite = set(range(4, len(names) + 1)) - set(primes)
    allowed = primes if "prime" in statement else sorted(composite)
    options = tuple(_amount("Exactly", n, kind, names) for n in allowed)
    return Formula("or", options)


def _amount(word: str, number: int, kind: str, names: Sequence[str]) -> Linear:
    if kind == "false":
        number = len(names) - number
        word = {"At least": "At most", "At most": "At least"}.get(word, word)
    match word:
        case "At least":
            return total(names, ">=", number)
        case "At most":
            return total(names, "<=", number)
        case _:
            return total(names, "==", number)
