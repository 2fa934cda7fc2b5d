"""Texts at the size that messages take, and as the same text is recognised."""


def cut(text: str, most_bytes: int) -> str:
    """Return the beginning of a text: whole characters, so many bytes of UTF-8 at most."""
    if text.isascii():
        return text[:most_bytes]
    return text[:most_bytes].encode()[:most_bytes].decode(errors="ignore")


def plain(text: str) -> str:
    """Return the text without what case and white space tell."""
    return " ".join(text.casefold().split())
