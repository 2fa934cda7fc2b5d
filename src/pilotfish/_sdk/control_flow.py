"""Exceptions that steer a program and say nothing about the approach, by their names."""

from typing import Final, Literal

from pilotfish._sdk.foreign import read

_EXITS: Final = frozenset({"Exit", "SystemExit"})
"""click's, typer's and Python's own: their code says whether all is well."""

_ABANDONED: Final = frozenset(
    {
        "Abort",  # click, typer
        "Cancelled",  # trio
        "CancelledError",  # asyncio, concurrent.futures, temporalio
        "CancelledRun",  # prefect
        "JobAborted",  # procrastinate
        "GreenletExit",  # gevent
        "WorkflowCancelledByUser",  # llama_index
    }
)

_UNKNOWN: Final = frozenset(
    {
        # for a person, or for later: langgraph, pydantic_ai, llama_index, prefect, airflow,
        # temporalio
        "GraphBubbleUp",
        "GraphInterrupt",
        "NodeInterrupt",
        "ApprovalRequired",
        "CallDeferred",
        "ModelRetry",
        "WaitingForEvent",
        "Pause",
        "PausedRun",
        "TaskDeferred",
        "ContinueAsNewError",
        # again: celery, dramatiq, arq, huey, airflow, dagster, tenacity, procrastinate
        "TaskPredicate",
        "Retry",
        "JobRetry",
        "RetryJob",
        "RetryTask",
        "AirflowRescheduleException",
        "RetryRequested",
        "TryAgain",
        # not at all: celery, huey, airflow, unittest, pytest
        "Ignore",
        "Reject",
        "CancelExecution",
        "TaskLockedException",
        "AirflowSkipException",
        "DownstreamTasksSkipped",
        "SkipTest",
        "Skipped",
        # iterators
        "StopAsyncIteration",
        "StopIteration",
    }
)

ControlFlow = Literal["abandoned", "unknown"]


def control_flow_ending(error: BaseException) -> ControlFlow | None:
    """Return how an attempt ends that this exception leaves; None if it may be a failure.

    Whatever is no `Exception` is control flow: Ctrl-C, a closed generator, a cancellation.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _UNKNOWN:
        return "unknown"
    if names & _EXITS:
        return "abandoned" if _code(error) else "unknown"
    if names & _ABANDONED or not isinstance(error, Exception):
        return "abandoned"
    return None


def _code(error: BaseException) -> object:
    code = read(error, "code")
    return read(error, "exit_code") if code is None else code
