"""docs/http.md says what the door does."""

import json
import re
import shlex
from pathlib import Path

from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher

from pilotfish.schemas.topics import EVENTS, TRACES
from pilotfish.traces.otlp_bound import MOST
from pilotfish.web.advice import DEADLINE_MS, MAX_DEADLINE_MS
from pilotfish.web.attempts import MOST_AT_ONCE
from pilotfish.web.bodies import MAX_BODY, MAX_TOGETHER, MAX_ZIPPED, READ_S
from pilotfish.web.openapi import document
from pilotfish.web.publisher import ANSWER_S, QUEUE_BYTES

PAGE = (Path(__file__).parents[2] / "docs/http.md").read_text()
MB = 1024 * 1024


def test_the_page_has_every_path() -> None:
    paths = set(re.findall(r"^\| `(/v1/\S+)` \|", PAGE, re.MULTILINE))
    assert paths | {"/v1/traces", "/v1/logs"} == set(document()["paths"])


def test_the_commands_of_the_page_are_accepted(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    posted = [
        shlex.split(line)[1:] for line in PAGE.splitlines() if line.startswith("post /")
    ]
    assert len(posted) == 6
    for path, body in posted:
        answer = client.post(path, json=json.loads(body))
        assert answer.is_success, answer.text
    assert len(publisher.published(EVENTS)) == 5


def test_the_page_states_the_bounds() -> None:
    for text in (
        f"({DEADLINE_MS}, at most {MAX_DEADLINE_MS})",
        f"more than {MAX_ZIPPED // MB} MB zipped, or {MAX_BODY // MB} MB unzipped",
        f"more waits for Kafka ({QUEUE_BYTES // MB} MB)",
        f"is being read ({MAX_TOGETHER // MB} MB)",
        f"within {ANSWER_S:.0f} seconds",
        f"took over {READ_S:.0f} seconds",
        f"or a list of at most {MOST_AT_ONCE:,}",
        f"one of more than {MOST:,} spans, events and log records",
        f"larger than a message may be ({TRACES.max_bytes // MB} MB)",
    ):
        assert text in PAGE
