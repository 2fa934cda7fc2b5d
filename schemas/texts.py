"""Texts at the size that messages take."""


def cut(text: str, most_bytes: int) -> str:
    """Return the beginning of a text: whole characters, so many bytes of UTF-8 at most."""
    if text.isascii():
        return text[:most_bytes]
    return text[:most_bytes].encode()[:most_bytes].decode(errors="ignore")
