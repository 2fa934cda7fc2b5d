"""Direct calculation of what the text describes: arithmetic, bases, chances, dates."""

import ast
import calendar
import math
import operator
import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from pilotfish.demo.reading import chances, numbers
from pilotfish.demo.reading.dates import MONTHS, WEEKDAYS, dates, weekday_name
from pilotfish.demo.reading.text import first_applicable, require, search
from pilotfish.demo.trail import note

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}


def solve(text: str) -> str:
    """Evaluate the expression, formula or date that the text asks for."""
    return first_applicable(text, _METHODS)


def _value(node: ast.expr, source: str, bitwise: bool) -> Any:
    match node:
        case ast.Constant():
            literal = ast.get_source_segment(source, node) or ""
            return int(literal, 0) if bitwise else Fraction(literal)
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, source, bitwise)
        case ast.BinOp(left, ast.Pow(), right):
            base, power = (_value(side, source, bitwise) for side in (left, right))
            require(abs(power) <= 64)
            return base**power
        case ast.BinOp(left, kind, right) if type(kind) in _BINARY:
            values = (_value(side, source, bitwise) for side in (left, right))
            return _BINARY[type(kind)](*values)
    raise ValueError(ast.dump(node))


def _arithmetic(text: str) -> str:
    note("read_expression")
    source = numbers.expression(text)
    bitwise = "0x" in source or ">>" in source or "<<" in source
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(source) from error
    note("calculate_in_order")
    value = _value(tree, source.strip(), bitwise)
    if bitwise:
        return hex(value)
    exact = Fraction(value)
    return str(exact.numerator) if exact.denominator == 1 else f"{float(exact):.12g}"


def _lowest_terms(text: str) -> str:
    note("read_fraction")
    top, bottom, form = numbers.fraction(text)
    note("divide_out")
    common = math.gcd(top, bottom)
    return form % (top // common, bottom // common)


def _divisor_or_multiple(text: str) -> str:
    note("read_numbers")
    kind, given = numbers.divisor_or_multiple(text)
    note("divide_out")
    return str(math.gcd(*given) if kind == "gcd" else math.lcm(*given))


def _complex(text: str) -> str:
    note("read_complex_numbers")
    number = r"\((-?[\d.]+i?)(?: ([-+]) ([\d.]+)i)?\)"
    match = search(rf"{number} ([-+×÷*/]) {number}", text)
    a, b = (
        _complex_number(*match.group(1, 2, 3)),
        _complex_number(*match.group(5, 6, 7)),
    )
    note("calculate_in_order")
    apply = {"+": operator.add, "-": operator.sub, "×": operator.mul, "*": operator.mul}
    result = apply.get(match[4], operator.truediv)(a, b)
    sign = "-" if result.imag < 0 else "+"
    return f"{result.real:.2f} {sign} {abs(result.imag):.2f}i"


def _complex_number(first: str, sign: str | None, second: str | None) -> complex:
    if first.endswith("i"):
        return complex(0, float(first[:-1]))
    return complex(float(first), float(f"{sign or ''}{second or 0}"))


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _base(text: str) -> str:
    note("read_digits")
    names = {"binary": 2, "hexadecimal": 16, "decimal": 10, "octal": 8}
    base = rf"(?:base-(\d+)|({'|'.join(names)}))"
    match = search(rf"the {base} number ([0-9a-z]+) to {base}", text)
    source = int(match[1]) if match[1] else names[match[2]]
    goal = int(match[4]) if match[4] else names[match[5]]
    number, digits = int(match[3], source), ""
    require(2 <= goal <= 36)
    note("convert_digits")
    while number:
        number, digit = divmod(number, goal)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _chance(text: str) -> str:
    note("read_chances")
    flips = chances.flips(text)
    note("apply_formula")
    ways = sum(math.comb(flips.coins, k) for k in range(flips.least, flips.most + 1))
    return format(ways / 2**flips.coins, ".10g")


def _leap_year(text: str) -> str:
    note("read_dates")
    year = int(search(r"\b(\d{1,4})\b.*leap year", text)[1])
    note("apply_calendar")
    return "Yes" if calendar.isleap(year) else "No"


def _first_of_year(text: str) -> str:
    """The weekday of a date of a common year that began on a given weekday."""
    note("read_dates")
    first = re.search(rf"({'|'.join(WEEKDAYS)}) is January 1st", text)
    first = first or search(
        rf"(?:first day|January 1\b).*? a ({'|'.join(WEEKDAYS)})", text
    )
    pairs = re.findall(rf"({'|'.join(MONTHS)}) (\d+)\b", text[first.end() :])
    month, day = pairs[-1]
    note("apply_calendar")
    # 2018 began on a Monday.
    offset = date(2018, MONTHS.index(month) + 1, int(day)).weekday()
    return WEEKDAYS[(WEEKDAYS.index(first[1]) + offset) % 7]


def _days_from(text: str) -> str:
    note("read_dates")
    offset = int(search(r"\b(\d+)[- ]days?\b", text)[1])
    back = re.search(r"(?i)\bago\b|\bbefore\b|backward", text)
    note("apply_calendar")
    return weekday_name(dates(text)[0] + timedelta(-offset if back else offset))


def _nth_weekday(text: str) -> str:
    note("read_dates")
    ordinals = ("first", "second", "third", "fourth", "fifth", "last")
    pattern = rf"the ({'|'.join(ordinals)}) ({'|'.join(WEEKDAYS)})"
    match = search(pattern, text)
    when = search(rf"({'|'.join(MONTHS)})(?: of)? (\d{{4}})", text)
    year, month = int(when[2]), MONTHS.index(when[1]) + 1
    note("apply_calendar")
    days = [
        day
        for day in range(1, calendar.monthrange(year, month)[1] + 1)
        if weekday_name(date(year, month, day)) == match[2]
    ]
    index = -1 if match[1] == "last" else ordinals.index(match[1])
    return str(days[index]) if index < len(days) else "-1"


def _days_between(text: str) -> str:
    note("read_dates")
    start, end = dates(text)[:2]
    require(start <= end)
    note("apply_calendar")
    days = [start + timedelta(i) for i in range((end - start).days + 1)]
    if re.search(r"(?i)business days|excluding weekends", text):
        return str(sum(day.weekday() < 5 for day in days))
    name = rf"({'|'.join(WEEKDAYS)})"
    wanted = search(rf"(?:many|of|does) {name}s? (?:are|from|occur)", text)[1]
    return str(sum(weekday_name(day) == wanted for day in days))


def _weekday(text: str) -> str:
    note("read_dates")
    require(re.search(r"(?i)weekday|day of the week", text))
    note("apply_calendar")
    return weekday_name(dates(text)[0])


_METHODS = (
    _leap_year,
    _first_of_year,
    _nth_weekday,
    _days_between,
    _days_from,
    _weekday,
    _base,
    _chance,
    _complex,
    _lowest_terms,
    _divisor_or_multiple,
    _arithmetic,
)
