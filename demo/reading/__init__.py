"""What a problem's text says, as data that solvers understand: no solving in here.

Readers look at the shape of a text (a grid, an equation, rules, edges), never at where
it came from: no solver is told a problem's family.
"""
