"""The database `default` without chDB's access to the machine's files.

chDB overlays its default database on the file system: it looks for an unknown table among
files, and every statement needs the right to read them. Under another name, the overlay
leaves `default` to be an ordinary database, and the right can be withheld.
"""

import uuid
from pathlib import Path

OVERLAY = "chdb_files"
_METADATA = "ATTACH DATABASE _ UUID '{}'\nENGINE = Atomic\n"


def make_default_ordinary(engine: Path) -> None:
    """Make `default` an ordinary database, with the tables an overlay of it had.

    Call it before chDB opens the folder. A crash after either step does no harm:

    1. Write a description of the database, if there is none, that takes over the
       tables' folder.
    2. Remove the link by which chDB would put its overlay on that folder; chDB creates
       it at each start.
    """
    metadata = engine / "metadata"
    metadata.mkdir(parents=True, exist_ok=True)
    link, description = metadata / "default", metadata / "default.sql"
    if not description.exists():
        folder = link.readlink().name if link.is_symlink() else str(uuid.uuid4())
        draft = metadata / "default.draft"
        draft.write_text(_METADATA.format(folder))
        draft.replace(description)
    link.unlink(missing_ok=True)
