"""pilotfish: learn from ordinary work which approach fits which problem."""
