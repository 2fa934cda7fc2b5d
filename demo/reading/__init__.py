"""Reads a problem's text into data that solvers understand; nothing is solved here.

Readers look at the shape of a text (a grid, an equation, rules, edges), never at where
it came from: no solver is told a problem's family.
"""
