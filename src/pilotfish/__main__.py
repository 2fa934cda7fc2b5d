"""`python -m pilotfish` is the command line."""

from pilotfish._cli import main

main()
