import asyncio
import concurrent.futures
import unittest
from collections.abc import Iterator

import click
import pytest
import typer
from sdk.conftest import World
from sdk.raising import LIMITED, NUMBERS, named, raised_from

import pilotfish
from pilotfish._sdk.failures import ending
from pilotfish.schemas.events import AttemptEnded, SignalRecorded
from pilotfish.testing import AsyncMemoryClient, MemoryClient


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), "abandoned"),
        (GeneratorExit(), "abandoned"),
        (asyncio.CancelledError(), "abandoned"),
        (concurrent.futures.CancelledError(), "abandoned"),
        (click.Abort(), "abandoned"),
        (SystemExit(1), "abandoned"),
        (SystemExit("wrong usage"), "abandoned"),
        (typer.Exit(2), "abandoned"),
        (SystemExit(), "unknown"),
        (SystemExit(0), "unknown"),
        (typer.Exit(), "unknown"),
        (click.exceptions.Exit(0), "unknown"),
        (StopIteration(), "unknown"),
        (StopAsyncIteration(), "unknown"),
        (unittest.SkipTest("not here"), "unknown"),
        *(
            (named(name), "unknown")
            for name in (
                "GraphBubbleUp",
                "GraphInterrupt",
                "Retry",
                "Ignore",
                "Reject",
                "TryAgain",
                "AirflowSkipException",
                "Skipped",
            )
        ),
        (named("NodeInterrupt", type("GraphInterrupt", (Exception,), {})), "unknown"),
        (raised_from(named("Retry"), LIMITED), "unknown"),
        (ExceptionGroup("both", [named("Retry"), named("Ignore")]), "unknown"),
        (named("RetryError"), "failed"),
        (click.UsageError("no such option"), "failed"),
    ],
    ids=lambda value: f"{value!r:.40} {next(NUMBERS)}",
)
def test_control_flow_is_no_failure(error: BaseException, expected: str) -> None:
    assert ending(error) == expected


def ended(world: World) -> tuple[str, str]:
    (end,) = [event for event in world.events() if isinstance(event, AttemptEnded)]
    return end.status, end.reason


def leave_by(world: World, error: BaseException, outcome: str = "") -> None:
    def agent() -> None:
        with world.client.attempt("x") as attempt:
            if outcome:
                getattr(attempt, outcome)("said so")
            raise error

    with pytest.raises(type(error)):
        agent()


@pytest.mark.parametrize(
    "error",
    [SystemExit(1), KeyboardInterrupt(), typer.Exit(0), named("GraphInterrupt")],
    ids=lambda error: type(error).__name__,
)
def test_what_was_said_stands_over_control_flow(
    world: World, error: BaseException
) -> None:
    leave_by(world, error, "succeed")
    assert ended(world) == ("succeeded", "said so")


def test_a_failure_that_was_said_stands_over_control_flow(world: World) -> None:
    leave_by(world, SystemExit(0), "fail")
    assert ended(world) == ("failed", "said so")


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (named("Retry"), ("unknown", "Retry: from a provider")),
        (KeyboardInterrupt(), ("abandoned", "KeyboardInterrupt")),
        (SystemExit(2), ("abandoned", "SystemExit: 2")),
    ],
    ids=["retry", "interrupt", "exit"],
)
def test_control_flow_is_no_evidence(
    world: World, error: BaseException, end: tuple[str, str]
) -> None:
    leave_by(world, error)
    assert ended(world) == end
    assert not any(isinstance(event, SignalRecorded) for event in world.events())


def test_a_reader_who_stops_takes_nothing_back(world: World) -> None:
    def stream() -> Iterator[str]:
        with world.client.attempt("x") as attempt:
            attempt.succeed("said so")
            yield "answer"
            yield "[DONE]"

    reader = stream()
    next(reader)
    reader.close()  # type: ignore[attr-defined]
    assert ended(world) == ("succeeded", "said so")


class AskAPersonError(Exception):
    pass


class AskTheBossError(AskAPersonError):
    pass


@pytest.mark.parametrize("client", [MemoryClient, AsyncMemoryClient])
def test_the_agents_owner_can_name_more_control_flow(
    client: type[MemoryClient | AsyncMemoryClient],
) -> None:
    pilot = client(control_flow=(AskAPersonError,))

    @pilot.watch
    def solve(problem: str) -> None:
        raise AskTheBossError(problem)

    with pytest.raises(AskTheBossError):
        solve("x")
    assert isinstance(pilot.events[-1], AttemptEnded)
    assert pilot.events[-1].status == "unknown"


@pytest.mark.parametrize("types", [["x"], (int,), ("GraphInterrupt",), ValueError])
def test_control_flow_that_is_no_exception_is_refused(types: object) -> None:
    for connect in (MemoryClient, pilotfish.connect, pilotfish.connect_async):
        with pytest.raises(pilotfish.ConfigurationError, match="control_flow"):
            connect(control_flow=types)  # type: ignore[arg-type]
