"""Making texts encodable, cutting them to size, and normalising them for comparison."""


def encodable(text: str) -> str:
    """Return the text with a question mark for each lone surrogate, which UTF-8 lacks.

    Half an emoji is one, and so is a byte of a command line that is not UTF-8.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def cut(text: str, max_bytes: int) -> str:
    """Return the beginning of a text: whole characters, at most `max_bytes` of UTF-8."""
    if text.isascii():
        return text[:max_bytes]
    return text[:max_bytes].encode()[:max_bytes].decode(errors="ignore")


def plain(text: str) -> str:
    """Return the text without differences of case and white space."""
    return " ".join(text.casefold().split())
