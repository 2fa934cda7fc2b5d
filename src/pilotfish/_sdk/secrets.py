"""Secrets of well-known shapes, to be replaced before a text leaves the process."""

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
    """Return a text with keys, tokens, passwords, e-mail addresses and card numbers gone.

    Each becomes `[key]`, `[token]` and so on. For `connect(redact=...)`, alone or within a
    function of your own. Finds what has a known shape: a secret without one stays.

    Card numbers are 13 to 19 digits with a right check digit (ISO/IEC 7812).
    """
    return _CARD.sub(_card, _SECRET.sub(_named, text))


def _named(found: re.Match[str]) -> str:
    assert found.lastindex is not None
    return f"[{_NAMES[found.lastindex - 1]}]"


def _card(found: re.Match[str]) -> str:
    digits = [int(one) for one in found[0] if one.isdigit()]
    doubled = [2 * one - 9 * (one > 4) for one in digits[-2::-2]]
    right = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return "[card]" if right else found[0]
