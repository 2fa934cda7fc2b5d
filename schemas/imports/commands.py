"""What commands call, and which of them run tests.

The exit status of a test run is evidence of the outcome. That of any other command is not:
`grep` that finds nothing exits with 1, too.
"""

import re
from typing import Final

_RUNNERS: Final = (
    r"pytest|py\.test|tox|nox|nosetests|unittest|trial|behave",
    r"jest|vitest|mocha|ava|karma|playwright test|cypress run|node --test|deno test|bun test",
    r"(?:npm|pnpm|yarn)(?: run)? test\S*",
    r"cargo (?:nextest|test)|go test|dotnet test|swift test|mix test|zig build test",
    r"(?:\S*/)?(?:mvnw?|gradlew?)\b.*\b(?:test|verify|check)",
    r"ctest|bazel test|make (?:\S+ )*(?:test|check)\S*|just test|rake test|rspec|phpunit",
)
_PREFIX: Final = (
    r"(?:\w+=\S* |timeout \S+ |time |sudo |uv run |poetry run |pipenv run |pdm run "
    r"|npx |bunx |bundle exec |(?:\S*/)?python[\d.]* -m )*(?:\S*/)?"
)
_RUN: Final = re.compile(rf"{_PREFIX}(?:{'|'.join(_RUNNERS)})(?:\s|$)")
_NAME: Final = re.compile(r"\s*([A-Za-z_][\w.-]*)")
_HIDING: Final = re.compile(r"[|;&\n`]|\$\(")
"""What hides a command's exit status, or runs something after it."""


def runs_tests(command: str) -> bool:
    """Return whether the exit status of this shell command is that of a test run.

    It is where the last command of a chain with `&&` runs tests, and is not piped.
    """
    *before, last = command.strip().split("&&")
    if any(re.search(r"[|`]|\$\(", part) for part in before):
        return False
    return not _HIDING.search(re.sub(r"2>&1|&>\S*", "", last)) and bool(
        _RUN.match(last.strip())
    )


def command_name(action: str) -> str:
    """Return the name of what an action in words calls, such as `edit` or `search`."""
    found = _NAME.match(action)
    return found[1] if found else "action"
