"""Redaction of secrets that have a well-known shape."""

import re
from typing import Final

_SHAPES: Final[tuple[tuple[str, str], ...]] = (
    (
        "private key",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{1,20000}"
        r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    ),
    ("token", r"\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,4000}"),
    ("token", r"\b(?:gh[oprsu]_\w{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,255})"),
    ("token", r"\b(?:xox[abeprs]|xapp)-[\w-]{10,255}"),
    ("token", r"\b(?:hf_|npm_|pypi-|dop_v1_)[\w-]{20,255}"),
    ("key", r"\b(?:sk|rk|pk)[-_][\w-]{16,255}"),
    ("key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("key", r"\bAIza[\w-]{35}"),
    ("token", r"(?i:\b(?:bearer|basic)\s{1,5})[\w.~+/=-]{16,4000}"),
    ("password", r"(?<=://)[^\s/:@]{0,200}:[^\s/@]{1,200}(?=@)"),
    (
        "secret",
        r"(?i:(?:password|passwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token)"
        r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?)[^\s\"',;]{4,255}",
    ),
    ("e-mail", r"\b[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
)
_NAMES: Final = tuple(name for name, _ in _SHAPES)
_SECRET: Final = re.compile("|".join(f"({shape})" for _, shape in _SHAPES))
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")


def redact_secrets(text: str) -> str:
    """Replace keys, tokens, passwords, e-mail addresses and card numbers in a text.

    Each becomes `[key]`, `[token]` and so on. Pass it to `connect(redact=...)`, alone or
    within a function of your own. It recognises secrets by their shape: a secret without
    a known shape stays.

    Card numbers are 13 to 19 digits with a valid check digit (ISO/IEC 7812).
    """
    return _CARD.sub(_replace_card, _SECRET.sub(_replace_secret, text))


def _replace_secret(match: re.Match[str]) -> str:
    assert match.lastindex is not None
    return f"[{_NAMES[match.lastindex - 1]}]"


def _replace_card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    # The Luhn checksum: every second digit from the right is doubled.
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    valid = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return "[card]" if valid else match[0]
