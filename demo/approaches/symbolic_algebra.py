"""Computer algebra: expressions and equations, worked on by sympy."""

import re
from typing import Any

import sympy
from sympy.parsing.sympy_parser import parse_expr

from pilotfish.demo.reading import numbers
from pilotfish.demo.reading.text import first_applicable, require, search
from pilotfish.demo.trail import note

_NAMES = {"sin", "cos", "tan", "exp", "log", "sqrt", "asin", "acos", "atan", "pi", "I"}


def solve(text: str) -> str:
    """Integrate, solve, reduce or evaluate what stands in the text."""
    return first_applicable(text, _METHODS)


def _parse(source: str) -> sympy.Expr:
    """Parse arithmetic with one-letter symbols; no other name is allowed in."""
    require(re.fullmatch(r"[\w\s()*/+.-]+", source))
    names = set(re.findall(r"[a-zA-Z_]\w*", source)) - _NAMES
    require(all(len(name) == 1 for name in names))
    powers = [int(power) for power in re.findall(r"\*\* *(\d+)", source)]
    require(max(powers, default=0) <= 100 and len(source) < 500)
    symbols = {name: sympy.Symbol(name) for name in names}
    try:
        parsed = parse_expr(source, local_dict=symbols)
    except (SyntaxError, TypeError, AttributeError) as error:
        raise ValueError(source) from error
    require(isinstance(parsed, sympy.Expr))
    return parsed


def _integral(text: str) -> str:
    note("read_integral")
    match = search(r"∫ *(.+?) *d([a-zA-Z])\b", text)
    note("write_with_symbols")
    integrand = _parse(match[1])
    note("integrate")
    symbols = sorted(integrand.free_symbols, key=str)
    symbol = symbols[0] if symbols else sympy.Symbol(match[2])
    return f"{sympy.integrate(integrand, symbol)} + C"


def _equation(text: str) -> str:
    note("read_equation")
    match = search(r"(?:^|: *)([^:=\n]+)=([^:=\n]+)$", text, re.MULTILINE)
    note("write_with_symbols")
    difference = _parse(match[1].strip()) - _parse(match[2].strip())
    require(len(difference.free_symbols) == 1)
    (symbol,) = difference.free_symbols
    note("find_roots")
    roots = sympy.Poly(difference, symbol)
    require(roots.degree() > 0)
    if roots.degree() == 1:
        return _number(sympy.solve(difference, symbol)[0])
    found_roots: Any = sympy.real_roots(roots)  # pyright guesses a tuple
    real = {float(root) for root in found_roots}
    return ", ".join(str(round(root, 4)) for root in sorted(real))


def _number(value: sympy.Expr) -> str:
    return str(value) if value.is_Integer else str(round(float(value), 4))


def _polynomial(text: str) -> str:
    note("read_polynomial")
    match = search(r"(?:^|: *)([-\w\s()*+]+)$", text, re.MULTILINE)
    note("write_with_symbols")
    expression = _parse(match[1].strip())
    require(expression.free_symbols)
    note("simplify")
    return str(sympy.expand(expression))


def _lowest_terms(text: str) -> str:
    note("read_fraction")
    top, bottom, form = numbers.fraction(text)
    note("simplify")
    reduced = sympy.Rational(top, bottom)
    return form % (reduced.p, reduced.q)


def _divisor_or_multiple(text: str) -> str:
    note("read_numbers")
    kind, given = numbers.divisor_or_multiple(text)
    note("divide_out")
    operation = sympy.gcd if kind == "gcd" else sympy.lcm
    return str(operation(given))


def _factors(text: str) -> str:
    note("read_numbers")
    number = numbers.number_to_factor(text)
    note("divide_out")
    factors = sympy.factorint(number)
    return " × ".join(str(p) for p in sorted(factors) for _ in range(factors[p]))


def _count_primes(text: str) -> str:
    note("read_numbers")
    low, high = numbers.primes_between(text)
    note("divide_out")
    return str(sum(1 for _ in sympy.sieve.primerange(low, high + 1)))


def _complex(text: str) -> str:
    note("read_complex_numbers")
    number = r"\(-?\d+(?:\.\d+)?i?(?: [-+] \d+(?:\.\d+)?i)?\)"
    match = search(rf"({number}) ([-+×÷*/]) ({number})", text)
    source = match[0].replace("×", "*").replace("÷", "/")
    source = re.sub(r"(\d)i", r"\1*I", source)
    note("simplify")
    real, imaginary = sympy.expand(_parse(source), complex=True).as_real_imag()
    return f"{float(real)} {'+' if imaginary >= 0 else '-'} {abs(float(imaginary))}i"


def _evaluate(text: str) -> str:
    note("read_expression")
    source = numbers.expression(text)
    require("<" not in source and ">" not in source and "0x" not in source)
    note("simplify")
    exact = sympy.nsimplify(_parse(source), rational=True)
    require(exact.is_Rational)
    return str(exact) if exact.is_Integer else str(sympy.N(exact, 12))


_METHODS = (
    _integral,
    _lowest_terms,
    _complex,
    _equation,
    _divisor_or_multiple,
    _factors,
    _count_primes,
    _polynomial,
    _evaluate,
)
