"""Names of exceptions that steer a program and say nothing about the approach."""

from typing import Final

EXITS: Final = frozenset({"Exit", "SystemExit"})
"""click's, typer's and Python's own: their code says whether all is well."""

ABANDONED: Final = frozenset(
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

UNKNOWN: Final = frozenset(
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
