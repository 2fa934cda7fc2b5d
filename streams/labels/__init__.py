"""Signals of an attempt to its label: rules, labelling functions, label model."""
