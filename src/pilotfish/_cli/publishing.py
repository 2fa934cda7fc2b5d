"""Publishing the attempts of files, and waiting for them: for `replay` and `import`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from rich.progress import Progress

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS

if TYPE_CHECKING:
    from pilotfish.runtime.clickhouse import ClickHouse

STALLED_S: Final = 120.0

Attempt = TypeVar("Attempt")
Tick = Callable[[int], object]
"""Called with how many more attempts are done."""


class Arrived(NamedTuple):
    """How many of the published attempts the platform has, and how many with a label."""

    ended: int
    labelled: int


def publish(
    settings: Settings,
    attempts: Iterable[Attempt],
    new_events: Callable[[Sequence[Attempt]], Iterable[tuple[str, list[Event]]]],
    tick: Tick,
) -> Iterator[tuple[str, list[Event]]]:
    """Publish what the platform does not have yet; yield it once Kafka has it.

    Args:
        settings: where Kafka is.
        attempts: what the files tell of.
        new_events: returns the events of some attempts that are to be published, each
            list with the attempt's id.
        tick: called as attempts are done.

    Raises:
        UnavailableError: Kafka did not take all events; the next call goes on here.
    """
    from pilotfish.runtime.kafka import producer
    from pilotfish.runtime.progress import AT_ONCE
    from pilotfish.runtime.publisher import Publisher

    publisher, rest = Publisher(producer(settings)), iter(attempts)
    while some := list(islice(rest, AT_ONCE)):
        sent = list(new_events(some))
        for attempt_id, events in sent:
            for event in events:
                publisher.queue(EVENTS, event, attempt_id)
        publisher.flush()
        yield from sent
        tick(len(some))


def arrived(
    clickhouse: "ClickHouse", tenant: str, attempt_ids: Sequence[str], bar: Progress
) -> Arrived:
    """Wait until the platform has these attempts, or until no more of them come."""
    from pilotfish.runtime.progress import wait_for_attempts

    arriving = bar.add_task("arriving", total=len(attempt_ids))
    return Arrived(
        *wait_for_attempts(
            clickhouse,
            tenant,
            attempt_ids,
            STALLED_S,
            lambda n: bar.advance(arriving, n),
        )
    )


@contextmanager
def readable_twice(file: Path) -> Iterator[Path]:
    """Copy what comes through a pipe.

    Raises:
        ConfigurationError: it cannot be read.
    """
    if file.is_file() or not file.exists() or file.is_dir():
        yield file
        return
    with NamedTemporaryFile(prefix=f"{file.name}-") as copy:
        try:
            with file.open("rb") as pipe:
                copyfileobj(pipe, copy)
        except OSError as error:
            raise ConfigurationError(f"cannot read {file}: {error}") from error
        copy.flush()
        yield Path(copy.name)


def what_became(published: int, awaited: int, there: Arrived) -> list[str]:
    """Say what became of the published attempts.

    Args:
        published: attempts of which something was published.
        awaited: those of them that have an end.
        there: what the platform has of these.
    """
    parts = [f"{published} attempts published"]
    if published:
        parts.append(f"{there.labelled} of them labelled")
    if there.ended > there.labelled:
        parts.append(f"{there.ended - there.labelled} without evidence")
    if there.ended < awaited:
        parts.append(
            f"{awaited - there.ended} did not arrive within {STALLED_S:.0f} s: see the "
            "logs of streams"
        )
    return parts
