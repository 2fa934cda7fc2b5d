"""How long the tool of every agent takes, so that durations can be told from nothing."""

from typing import Final

TOOL_S: Final = 0.02
