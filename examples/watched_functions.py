"""Functions whose calls are attempts, in asyncio: python examples/watched_functions.py.

A call that raises is a failure, except for lost connections and the like. `feedback`
may correct the outcome days later.
"""

import asyncio

import pilotfish


async def main(pilot: pilotfish.AsyncClient) -> list[str]:
    """Answer three questions concurrently; return the results."""
    ids: list[str] = []

    @pilot.watch(problem_type="arithmetic", approach="direct")
    async def divide(problem: str) -> float:
        attempt = pilotfish.current_attempt()
        assert attempt is not None
        ids.append(attempt.id)
        above, below = problem.split("/")
        attempt.action("divide", problem)
        await asyncio.sleep(0)  # a real agent would call a model here
        return float(above) / float(below)

    results = await asyncio.gather(
        divide("6/3"), divide("1/0"), divide("x/2"), return_exceptions=True
    )
    pilot.feedback(ids[0], 1.0, source="ann", detail="six by three is two")
    return [repr(result) for result in results]


async def connect_and_run() -> None:
    async with pilotfish.connect_async(agent="divider") as pilot:
        for result in await main(pilot):
            print(result)
        await pilot.flush(5)
        print(pilot.stats())


if __name__ == "__main__":
    asyncio.run(connect_and_run())
