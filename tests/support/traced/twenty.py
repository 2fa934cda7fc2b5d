"""Twenty runs of an agent, of which eight fail."""

from typing import Final

RUNS: Final = 20
TOOL_FAULTS: Final = 5
MODEL_FAULTS: Final = 3
GOOD: Final = RUNS - TOOL_FAULTS - MODEL_FAULTS

_SCRIPT: Final = f"""
import contextlib
for number in range({RUNS}):
    fault = "" if number < {GOOD} else "tool" if number < {GOOD + TOOL_FAULTS} else "model"
    with contextlib.suppress(Exception):
        ask(f"FRAMEWORK: how much is {{number}} plus two?", fault)
provider.shutdown()
"""


def problems(framework: str) -> list[str]:
    """Return what the agent is asked, run by run: first those that go well."""
    return [f"{framework}: how much is {n} plus two?" for n in range(RUNS)]


def script(framework: str) -> str:
    """Return what is run behind the page's lines and the import of the agent."""
    return _SCRIPT.replace("FRAMEWORK", framework)
