"""One fault, many rounds, while a known stream flows; then everything is compared."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from faults.findings import Findings, look, told
from faults.kinds import Fault
from faults.processes import Platform, logs
from faults.script import BAD_EVERY, PER_ATTEMPT, Script
from faults.world import SERVICES, World
from support.advice.tiny import tiny_bundle

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import LIMIT, WITHIN
from pilotfish.schemas.errors import UnavailableError

RECOVERED_WITHIN_S = 240.0
STEADY_S = 2.0
"""How long nothing may change after all is there: a late double would show."""

_SPARE = 1.3
"""What is read again after a crash is set aside again."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Play:
    """How long and how often; `say` hears of the progress."""

    rounds: int
    attempts: int
    seed: int
    say: Say


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table.

    Args:
        recovery_s: from the end of the stream and its faults until all was there.
        slowest_s: the longest that the agent waited for the SDK.
        trouble: what else went wrong, with the services' last words.
    """

    fault: str
    rounds: int
    events: int
    found: Findings
    recovery_s: float
    slowest_s: float
    trouble: str = ""


def run(fault: Fault, platform: Platform, play: Play) -> Result:
    """Let a fault happen so often while so many attempts are published."""
    with fault.prepare(World(platform)) as world, at_work(world) as working:
        script = Script(working.platform.settings, play.attempts)
        with closing(script):
            _disturb(fault, working, script, play)
            return outcome(fault.name, play.rounds, working, script)


def outcome(name: str, rounds: int, world: World, script: Script) -> Result:
    """Compare everything, after the stream and its faults."""
    trouble = script.settle()
    found, recovery_s = _recover(world, script)
    trouble = trouble or _dead(world)
    if found or trouble:
        about = told(ClickHouse(world.platform.settings), script)
        trouble = f"{trouble}\n{about}\n{logs(list(world.services.values()))}"
    events = len(script.truths) * PER_ATTEMPT
    return Result(name, rounds, events, found, recovery_s, script.slowest_s, trouble)


@contextmanager
def at_work(world: World) -> Iterator[World]:
    """Start the services, with a base advisor; here nothing is trained."""
    world = world.with_settings(train_at=10**9)
    platform = world.platform
    tiny_bundle(platform.settings.models, "base", "tiny-1")
    with platform.services(*SERVICES) as services:
        for name in ("archive", "streams"):
            services[name].until_it_works()
        try:
            yield replace(world, services=services)
        finally:
            for one in services.values():
                one.end()


def _disturb(fault: Fault, world: World, script: Script, play: Play) -> None:
    order, length_s = random.Random(play.seed), _length_s(fault, play)
    every_s = length_s / play.rounds
    playing = threading.Thread(target=script.play, args=(length_s,))
    playing.start()
    begin = time.monotonic()
    for number in range(play.rounds):
        at = begin + every_s * (number + order.uniform(0, 0.4))
        time.sleep(max(0.0, at - time.monotonic()))
        play.say(f"{fault.name}: {number + 1} of {play.rounds}")
        fault.inject(world, order)
    playing.join()


def _length_s(fault: Fault, play: Play) -> float:
    """Return how long a row takes: not so short that its bad messages stop a service."""
    limits = _SPARE * play.attempts * PER_ATTEMPT / BAD_EVERY / LIMIT
    least_s = WITHIN.total_seconds() * limits if limits > 1 else 0.0
    return max(play.rounds * fault.every_s, least_s)


def _recover(world: World, script: Script) -> tuple[Findings, float]:
    """Return what stays wrong, and the seconds until it was right."""
    clickhouse = ClickHouse(world.platform.settings)
    begin, right_since = time.monotonic(), None
    found = Findings(wrong=1)
    while time.monotonic() < begin + RECOVERED_WITHIN_S:
        try:
            found = look(clickhouse, script)
        except UnavailableError:
            found = Findings(wrong=1)
        if found:
            right_since = None
        elif right_since is None:
            right_since = time.monotonic()
        elif time.monotonic() > right_since + STEADY_S:
            return found, right_since - begin
        time.sleep(0.3)
    return found, time.monotonic() - begin


def _dead(world: World) -> str:
    dead = [name for name in SERVICES if not world.services[name].alive()]
    return f"ended by themselves: {', '.join(dead)}" if dead else ""
