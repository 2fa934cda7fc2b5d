import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest
from sdk.conftest import reading
from sdk.stand_in import StandInAdvisor

import pilotfish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import AttemptEnded, SignalRecorded
from pilotfish.testing import AsyncMemoryClient

OFFER = {"plan": "plan first", "react": "act, look"}


def run(agent: Callable[[AsyncMemoryClient], Awaitable[object]]) -> AsyncMemoryClient:
    async def main() -> AsyncMemoryClient:
        async with AsyncMemoryClient() as client:
            client.will_advise("plan")
            await agent(client)
            return client

    return asyncio.run(main())


def ends(client: AsyncMemoryClient) -> list[AttemptEnded]:
    return [event for event in client.events if isinstance(event, AttemptEnded)]


def test_an_async_client_works_over_kafka(settings: Settings) -> None:
    async def agent() -> pilotfish.Stats:
        async with pilotfish.connect_async(
            kafka=settings.kafka, tenant=settings.tenant, advice_deadline_s=2
        ) as client:
            hints: list[pilotfish.Hint] = []
            with client.on_hint(hints.append):
                while not hints:
                    async with client.attempt("x", problem_type="sql") as attempt:
                        hint = await attempt.advice(OFFER)
                        assert hint.approach == "react"
                        attempt.action("tool", "y", cost=1)
                        attempt.succeed()
                    client.feedback(attempt.id, 1.0)
            assert await client.flush(60)
            return client.stats()

    with reading(settings) as reader, closing(StandInAdvisor(settings)) as advisor:
        advisor.advise = lambda _: "react"
        stats = asyncio.run(agent())
        events = reader.until(lambda events: len(events) >= stats.sent)
    assert stats == pilotfish.Stats(sent=len(events))
    assert {e.status for e in events if isinstance(e, AttemptEnded)} == {"succeeded"}


def test_waiting_for_advice_does_not_block_the_loop() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        client.will_not_answer()
        beats: list[float] = []

        async def heart() -> None:
            while True:
                beats.append(time.monotonic())
                await asyncio.sleep(0.01)

        beating = asyncio.create_task(heart())
        async with client.attempt("x") as attempt:
            hint = await attempt.advice(OFFER)
        beating.cancel()
        assert hint.abstained == "deadline"
        assert len(beats) > 2

    run(agent)


def test_a_cancelled_attempt_is_abandoned() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        client.will_not_answer()
        asking = asyncio.Event()

        async def ask() -> None:
            async with client.attempt("x") as attempt:
                asking.set()
                await attempt.advice(OFFER)

        task = asyncio.create_task(ask())
        await asking.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    client = run(agent)
    (end,) = ends(client)
    assert end.status == "abandoned"
    assert end.hint is not None and end.hint.approach is None
    assert client.stats().sent == 2


def test_each_task_has_its_own_current_attempt() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        async def work(number: int) -> None:
            async with client.attempt(str(number)) as attempt:
                for _ in range(5):
                    await asyncio.sleep(0)
                    assert pilotfish.current_attempt() is attempt

        await asyncio.gather(*(work(n) for n in range(50)))
        assert pilotfish.current_attempt() is None

    assert len(ends(run(agent))) == 50


def test_many_tasks_ask_for_advice_concurrently() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        client.will_advise(lambda request: request.problem)

        async def work(name: str) -> None:
            async with client.attempt(name) as attempt:
                assert (await attempt.advice({name: ""})).approach == name

        await asyncio.gather(*(work(f"a{n}") for n in range(100)))

    assert len(ends(run(agent))) == 100


def test_advice_without_approaches_is_the_same() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        client.will_advise("plan-show-b54a57")
        async with client.attempt("x") as attempt:
            assert (await attempt.advice()).approach == "plan-show-b54a57"

    client = run(agent)
    (end,) = ends(client)
    assert client.requests[0].approaches == {}
    assert end.approach is None
    assert end.hint is not None and end.hint.approach == "plan-show-b54a57"


def test_invalid_advice_abstains_and_exceptions_propagate() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        async with client.attempt("x") as attempt:
            assert (await attempt.advice({"": ""})).abstained == "invalid"
            raise ConnectionResetError("by peer")

    client = AsyncMemoryClient()

    async def main() -> None:
        async with client:
            await agent(client)

    with pytest.raises(ConnectionResetError):
        asyncio.run(main())
    (end,) = ends(client)
    assert end.status == "infrastructure"
    (signal,) = [e for e in client.events if isinstance(e, SignalRecorded)]
    assert signal.detail == "ConnectionResetError: by peer"


def test_wrong_settings_are_refused_on_entering() -> None:
    async def main() -> None:
        async with pilotfish.connect_async(tenant="two words"):
            pass

    with pytest.raises(pilotfish.ConfigurationError, match="tenant"):
        asyncio.run(main())


def test_a_next_move_is_awaited() -> None:
    async def agent(client: AsyncMemoryClient) -> None:
        async with client.attempt("x") as attempt:
            assert (await attempt.next_move()).abstained == "invalid"
            attempt.action("sql", "SELECT 1")
            assert (await attempt.next_move()).approach == "plan"

    client = run(agent)
    assert [len(request.steps) for request in client.requests] == [1]
    assert [end.hint for end in ends(client)] == [None]
