"""The database `default` without chDB's window on the machine's files.

chDB lays its default database over the file system: a table that is not there is looked
for among files, and every statement needs the right to read them. Under another name,
that overlay leaves `default` to be an ordinary database, and the right can be withheld.
"""

import uuid
from pathlib import Path

OVERLAY = "chdb_files"
_METADATA = "ATTACH DATABASE _ UUID '{}'\nENGINE = Atomic\n"


def keep_apart(engine: Path) -> None:
    """Make `default` an ordinary database, with the tables an overlay of it had.

    To be called before chDB opens the folder. Any step may be the last before a crash:

    1. A description of the database, if there is none, takes over the tables' folder.
    2. The link by which chDB would lay its overlay on that folder goes; chDB makes it
       at each start.
    """
    metadata = engine / "metadata"
    metadata.mkdir(parents=True, exist_ok=True)
    link, description = metadata / "default", metadata / "default.sql"
    if not description.exists():
        name = link.readlink().name if link.is_symlink() else str(uuid.uuid4())
        draft = metadata / "default.draft"
        draft.write_text(_METADATA.format(name))
        draft.replace(description)
    link.unlink(missing_ok=True)
