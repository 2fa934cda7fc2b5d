"""All consumer groups of the services; ACLs grant their common prefix."""

from typing import Final

ADVISOR: Final = "pilotfish-advisor"
ARCHIVE: Final = "pilotfish-archive"
LABEL_EXPORT: Final = "pilotfish-label-export"
MEMORY: Final = "pilotfish-memory"
STREAMS: Final = "pilotfish-streams"
TRACES: Final = "pilotfish-traces"
TRIGGER: Final = "pilotfish-trigger"
