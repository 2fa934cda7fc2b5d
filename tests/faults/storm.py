"""One storm: each fault of the table once, in a seeded order, through one known stream."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from faults.kinds import FAULTS
from faults.processes import Platform
from faults.rounds import Result, Say, at_work, outcome
from faults.script import Script
from faults.world import World, behind_proxies

PER_SECOND = 60
"""Events, of which twenty make an attempt."""


def run(platform: Platform, seed: int, say: Say) -> Result:
    """Let everything happen while events flow; then compare as for a row of the table."""
    order = random.Random(seed)
    faults = order.sample(FAULTS, len(FAULTS))
    with (
        exposed(platform) as world,
        at_work(world) as working,
        closing(Script(working.platform.settings)) as script,
    ):
        with _flowing(script):
            for fault in faults:
                say(fault.name)
                fault.inject(working, order)
                time.sleep(order.uniform(0, 2))
        return outcome("storm", len(faults), working, script)


@contextmanager
def exposed(platform: Platform) -> Iterator[World]:
    """A world in which each of the faults can happen."""
    prepares = {fault.prepare for fault in FAULTS}
    world = World(platform)
    with ExitStack() as stack:
        # The proxies last: in front of the servers that the others made.
        for prepare in sorted(prepares, key=lambda one: one is behind_proxies):
            world = stack.enter_context(prepare(world))
        yield world


@contextmanager
def _flowing(script: Script) -> Iterator[None]:
    over = threading.Event()
    playing = threading.Thread(target=script.play_until, args=(over, PER_SECOND))
    playing.start()
    try:
        yield
    finally:
        over.set()
        playing.join()
