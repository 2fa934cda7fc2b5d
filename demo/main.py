"""The demo from start to finish."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

import pilotfish
from pilotfish._local.home_lock import HomeLock
from pilotfish._local.platform import running_platform
from pilotfish.demo.agent import APPROACHES, PortfolioAgent
from pilotfish.demo.llm_agent import connect_model
from pilotfish.demo.monitor import Monitor
from pilotfish.demo.problems import draw_problems
from pilotfish.demo.report import draw, print_report, results
from pilotfish.demo.run import Agent, Solver, paced, run
from pilotfish.demo.screen import Screen
from pilotfish.demo.strategy_report import print_strategies, strategy_results
from pilotfish.demo.tally import Tally
from pilotfish.demo.unnamed import UnnamedAgent
from pilotfish.demo.waits import await_strategies, await_verdict
from pilotfish.runtime.settings import Settings
from pilotfish.web.tenants import address

WORKERS = 2
HOLDOUT = 0.2
"""Larger than in service (0.05), because the demo is short and its interval should not be
wide."""
_ADVICE_DEADLINE_S = 1.0
_ENDS_WITHIN_S = 330.0
"""The demo ends within six minutes, even if a training still runs."""
_BY_APPROACH = "SELECT * FROM success_by_approach ORDER BY success_rate"
_LIFT = "SELECT+*+FROM+hint_lift+FORMAT+Vertical"
_PAUSE_WITHIN_S = 200.0
"""After the first attempt; then the last third begins, with or without a verdict."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of the command line."""

    attempts: int
    seed: int
    agent: str
    json_file: Path | None
    keep: bool
    unnamed: bool


def play(plan: Plan, console: Console) -> None:
    """Run the demo: start the platform, attempt, report, stop the platform."""
    began = time.monotonic()
    settings = Settings(
        home=Settings().home / "demo", tenant="default", holdout=HOLDOUT
    )
    tally = Tally(plan.attempts)
    with ExitStack() as resources:
        lock = resources.enter_context(HomeLock(settings.home))
        _clear(lock)
        solver = resources.enter_context(_solver(plan))
        resources.enter_context(running_platform(settings, lock, console.print))
        monitor = resources.enter_context(Monitor(settings))
        _attempts(plan, settings, solver, tally, monitor, console)
        await_verdict(monitor, settings.train_at, began + _ENDS_WITHIN_S)
        if plan.unnamed:
            await_strategies(monitor, len(tally.attempts), began + _ENDS_WITHIN_S)
        wall_s = time.monotonic() - began
        report = results(tally, monitor.reading, plan.seed, wall_s)
        if plan.unnamed:
            report |= strategy_results(settings, tally, monitor.reading)
        print_report(console, tally, report)
        print_strategies(console, report)
        _save(plan, settings, tally, report, console)
        _print_suggestions(settings, console)
        if plan.keep:
            console.print("\nThe platform stays up; Ctrl-C stops it.")
            _until_interrupted()


def _clear(lock: HomeLock) -> None:
    """Empty the home, so that the demo starts from nothing."""
    for path in lock.others():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


@contextmanager
def _solver(plan: Plan) -> Iterator[Solver]:
    kind, _, model = plan.agent.partition(":")
    if plan.unnamed and kind != "portfolio":
        raise pilotfish.ConfigurationError(
            "--unnamed needs --agent portfolio: the prompts of a model are its approaches"
        )
    if kind == "openai":
        with closing(connect_model(model)) as model_agent:
            yield model_agent
        return
    if plan.agent != "portfolio":
        raise pilotfish.ConfigurationError(
            f"there is no agent {plan.agent!r}: use --agent `portfolio` or `openai:MODEL`"
        )
    with PortfolioAgent(workers=WORKERS, time_limit_s=1.0) as portfolio:
        yield portfolio


def _attempts(
    plan: Plan,
    settings: Settings,
    solver: Solver,
    tally: Tally,
    monitor: Monitor,
    console: Console,
) -> None:
    screen = Screen(console, tally, settings.train_at)
    stop = threading.Event()
    pause_until = time.monotonic() + _PAUSE_WITHIN_S
    with (
        pilotfish.connect(
            kafka=settings.kafka,
            tenant=settings.tenant,
            agent=plan.agent,
            advice_deadline_s=_ADVICE_DEADLINE_S,
        ) as pilot,
        ThreadPoolExecutor(1, thread_name_prefix="demo") as pool,
        screen.live(lambda: monitor.reading),
    ):
        kind = UnnamedAgent if plan.unnamed else Agent
        agent = kind(pilot, solver, APPROACHES, plan.seed)
        problems = paced(
            draw_problems(plan.attempts, plan.seed),
            plan.attempts * 2 // 3,
            lambda: (
                monitor.reading.first_verdict_due(settings.train_at)
                and time.monotonic() < pause_until
            ),
            stop,
        )
        attempts = pool.submit(run, agent, problems, tally, WORKERS, stop)
        try:
            while not wait([attempts], 0.5).done:
                screen.announce(monitor.reading)
        finally:
            stop.set()
        attempts.result()


def _save(
    plan: Plan,
    settings: Settings,
    tally: Tally,
    report: dict[str, object],
    console: Console,
) -> None:
    picture = settings.home / "learning_curve.png"
    draw(tally, picture)
    console.print(f"\nlearning curve: {picture}")
    if plan.json_file:
        plan.json_file.write_text(json.dumps(report, indent=2) + "\n")
        console.print(f"numbers: {plan.json_file}")


def _print_suggestions(settings: Settings, console: Console) -> None:
    console.print(
        Text("\nFour things to try next", "bold"),
        "(with --keep-running, or under `pilotfish up`)\n"
        f"  look at {address(settings)} in a browser\n"
        f'  pilotfish sql "{_BY_APPROACH}"\n'
        f"  curl '{settings.clickhouse}/?query={_LIFT}'\n"
        "  and in your agent:\n",
        highlight=False,
    )
    console.print(
        "    import pilotfish\n"
        "    pilot = pilotfish.connect()\n"
        "    with pilot.attempt(problem) as attempt:\n"
        '        hint = attempt.advice({"plan": "plan first", "react": "act, look"})\n'
        "        answer = my_agent(problem, guidance=hint.text)\n"
        "        attempt.succeed() if check(answer) else attempt.fail()\n",
    )


def _until_interrupted() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
