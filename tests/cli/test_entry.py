"""The command's entry, before anything is loaded."""

import subprocess
import sys

INTERRUPTED = """
import sys
from pilotfish._cli import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "pilotfish._cli.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
main()
"""


def test_an_interrupt_while_it_loads_ends_it_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
