"""Verbs: the words in a tool's arguments that say what it is used for.

A fixed list, so that a verb tells what an agent decided and never what its problem says;
and a phrase for each, so that an instruction can ask for it.
"""

from typing import Final

_SQL: Final = {
    "select": "query the data",
    "show": "list the tables",
    "describe": "look at the columns of the tables",
    "explain": "look at how the query is executed",
    "pragma": "look at the schema",
    "update": "update what is there",
    "alter": "alter the table",
    "drop": "drop what is not needed",
}
"""SQL, which is written in capitals, or in any way in a tool called so."""

_BOTH: Final = {
    "insert": "insert what is missing",
    "create": "create what is missing",
    "delete": "delete what is not needed",
}
"""Verbs of SQL and of editors."""

_OTHERS: Final = {
    # shells
    "ls": "list the files",
    "cat": "read files",
    "head": "read the beginning of files",
    "tail": "read the end of files",
    "wc": "count lines",
    "grep": "search in the files",
    "rg": "search in the files",
    "find": "look for files",
    "sed": "read or change parts of files",
    "awk": "read parts of files",
    "mkdir": "make folders",
    "rm": "remove files",
    "mv": "move files",
    "cp": "copy files",
    "touch": "make empty files",
    "echo": "print values",
    "git": "use git",
    "make": "use make",
    "docker": "use docker",
    "curl": "fetch from the network",
    "wget": "fetch from the network",
    "ssh": "work on another machine",
    "tar": "unpack or pack files",
    "python": "run a program",
    "pip": "install packages",
    "pytest": "run the tests",
    "node": "run a program",
    "npm": "use npm",
    "go": "use go",
    "cargo": "use cargo",
    "java": "run a program",
    "mvn": "use Maven",
    "gcc": "compile",
    # editors and browsers
    "open": "open what is needed",
    "view": "look at the files",
    "edit": "edit",
    "replace": "replace a part",
    "undo": "undo what went wrong",
    "search": "search",
    "click": "click",
    "type": "type text",
    "scroll": "scroll",
    "goto": "go to the page",
    "back": "go back",
    "submit": "submit",
    # programs
    "import": "write a program",
    "print": "print values",
    "assert": "check with assertions",
    "define": "write a program as a function",
}
"""What is written in small letters; with a capital it is the first word of a sentence."""

_SAME: Final = {
    "def": "define",
    "function": "define",
    "class": "define",
    "from": "import",
    "python3": "python",
    "str_replace": "replace",
    "undo_edit": "undo",
}
_SQL_VERBS: Final = {
    **{verb.upper(): verb for verb in _SQL | _BOTH},
    "DESC": "describe",
    "WITH": "select",
}
_WRITTEN: Final = _SQL_VERBS | {verb: verb for verb in _OTHERS | _BOTH} | _SAME

PHRASES: Final = _SQL | _BOTH | _OTHERS
"""Verb -> what to do, as an instruction says it."""


def verb_of(word: str, tool: str) -> str:
    """Return the verb that a word of this tool's arguments is; empty if it is none."""
    if verb := _WRITTEN.get(word):
        return verb
    return _SQL_VERBS.get(word.upper(), "") if "sql" in tool else ""
