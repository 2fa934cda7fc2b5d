"""Numbers as cells of a table."""


def number(value: float | None) -> str:
    """Return three decimals; nothing where there is no number."""
    return "" if value is None else f"{value:.3f}"


def interval(ends: tuple[float, float] | None, sign: str = "") -> str:
    """Return both ends of an interval; nothing where there is none."""
    return "" if ends is None else " ".join(f"{end:{sign}.3f}" for end in ends)
