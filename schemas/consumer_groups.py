"""The consumer groups of the services, one table as for topics: ACLs grant the prefix."""

from typing import Final

ADVISOR: Final = "pilotfish-advisor"
ARCHIVE: Final = "pilotfish-archive"
MEMORY: Final = "pilotfish-memory"
STREAMS: Final = "pilotfish-streams"
TRIGGER: Final = "pilotfish-trigger"
