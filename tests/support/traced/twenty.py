"""Twenty runs of an agent, of which eight fail."""

from typing import Final

FAULTS: Final = (*[""] * 12, *["tool"] * 5, *["model"] * 3)
"""What goes wrong in each run."""

_SCRIPT: Final = f"""
import contextlib
for number, fault in enumerate({FAULTS}):
    with contextlib.suppress(Exception):
        ask(f"FRAMEWORK: how much is {{number}} plus two?", fault)
provider.shutdown()
"""


def problems(framework: str) -> list[str]:
    """Return what the agent is asked in each run."""
    return [f"{framework}: how much is {n} plus two?" for n in range(len(FAULTS))]


def script(framework: str) -> str:
    """Return what is run behind the page's lines and the import of the agent."""
    return _SCRIPT.replace("FRAMEWORK", framework)
