"""Over 20,000 inputs that are nearly right: each is data or one clear error."""

import gzip
import json
import resource
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from faults.replay import events
from fuzz.mutations import mutated
from support.advice.tiny import tiny_bundle
from support.polling import in_time

from pilotfish.advisors.bundle import CARD, checksum_of, load
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.lexicon import Lexicon
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.errors import BundleError, ConfigurationError, SchemaError
from pilotfish.schemas.events import StrategyAssigned
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.topics import EVENTS

SLOWEST_S = 2.0
MOST_KB = 300_000
LINE = {
    "problem": "w1 w2",
    "approach": "plan",
    "success": True,
    "cost": 1.5,
    "steps": [{"kind": "plan", "name": "x", "content": "y"}],
}


def refusals(
    inputs: Iterable[bytes], read: Callable[[bytes], object], *clear: type[Exception]
) -> list[str]:
    """Return the words of all clear errors; any other one, or a hang, fails the test."""
    words: list[str] = []

    def seconds(value: bytes) -> float:
        begun = time.thread_time()
        try:
            read(value)
        except clear as error:
            words.append(str(error))
        return time.thread_time() - begun

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slow = [value for value in inputs if seconds(value) >= SLOWEST_S]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MOST_KB
    for value in slow:  # unless it was the garbage collector's turn
        in_time(SLOWEST_S, partial(seconds, value))
    return words


EXAMPLES = {
    type(event).__name__: event
    for event in (
        *events("t", 30),
        StrategyAssigned(attempt_id="a", strategy="plan-show-b54a57"),
        AttemptForgotten(attempt_id="a"),
        TenantForgotten(tenant="t"),
    )
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_events(name: str) -> None:
    event = EXAMPLES[name]
    headers = headers_of(event)

    def read(value: bytes) -> None:
        encode(decode(EVENTS, value, headers))

    words = refusals(mutated(1, [encode(event)], 1600), read, SchemaError)
    assert 500 < len(words) < 1600
    assert max(map(len, words)) < 1000


def test_every_kind_of_event_has_an_example() -> None:
    assert len(EXAMPLES) == len(EVENTS.messages)


def test_lines_of_attempt_logs(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"

    def read(value: bytes) -> None:
        file.write_bytes(value)
        list(read_attempts(file))

    inputs = mutated(2, [json.dumps(LINE).encode()], 5000)
    words = refusals(inputs, read, SchemaError, ConfigurationError)
    assert 1000 < len(words) < 5000
    assert all("log.jsonl" in one for one in words)


def test_compressed_attempt_logs(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl.gz"
    whole = gzip.compress(json.dumps(LINE).encode() * 50)

    def read(value: bytes) -> None:
        file.write_bytes(value)
        list(read_attempts(file))

    words = refusals(mutated(3, [whole], 3000), read, SchemaError, ConfigurationError)
    assert len(words) > 1000
    assert all("log.jsonl.gz" in one for one in words)


def test_cards_of_bundles(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path, "t", "v1")
    card = bundle.path / CARD
    whole = card.read_bytes()

    def read(value: bytes) -> None:
        card.write_bytes(value)
        load(bundle.path, checksum_of(bundle.path))

    words = refusals(mutated(4, [whole], 3000), read, BundleError)
    assert len(words) > 1000
    assert all(str(bundle.path) in one for one in words)


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        (FastHead(16).to_bytes(), FastHead.from_bytes),
        (Lexicon.empty().to_bytes(), Lexicon.from_bytes),
    ],
)
def test_parts_of_bundles(whole: bytes, read: Callable[[bytes], object]) -> None:
    words = refusals(mutated(5, [whole[:5000], whole], 1500), read, BundleError)
    assert len(words) > 500
