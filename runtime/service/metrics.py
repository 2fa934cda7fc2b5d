"""Every metric of every service, in one table: name, labels, meaning, and who has it.

`docs/metrics.md` shows the same table, and a test holds the two together. Labels have
few values by construction: topics, partitions, closed sets of words; and no more tenants
than `LIFT_TENANTS`.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

Metric = Counter | Gauge | Histogram

LIFT_TENANTS: Final = 20
"""Tenants whose lift is told: those with the most attempts that asked for advice."""

LAG: Final = Gauge(
    "pilotfish_lag_records",
    "Records of the partitions that this service has, not yet processed; asked of Kafka "
    "when scraped, and absent while Kafka does not answer",
    ("topic", "partition"),
    registry=None,
)
BATCH_RECORDS: Final = Histogram(
    "pilotfish_batch_records",
    "Records processed together; the sum is all records processed",
    buckets=(1, 3, 10, 30, 100, 300, 1000, 3000, 10_000),
    registry=None,
)
WRITE_SECONDS: Final = Histogram(
    "pilotfish_write_seconds",
    "Until a batch was written, with all waiting for servers; in streams from having "
    "the batch, its computation included",
    buckets=(0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 3, 10, 30, 100),
    registry=None,
)
DEAD_LETTERS: Final = Counter(
    "pilotfish_dead_letters",
    "Unreadable records that were set aside, by the topic they came from",
    ("topic",),
    registry=None,
)
STALLS: Final = Counter(
    "pilotfish_stalls",
    "Times that the worker began anew because it had records to read and read none for a "
    "minute",
    registry=None,
)
LABELS: Final = Counter(
    "pilotfish_labels",
    "Labels published, revisions included; outcome is success, failure, or why a label "
    "abstains",
    ("outcome",),
    registry=None,
)
HINTS: Final = Counter(
    "pilotfish_hints",
    "Requests answered; answer is hint, or why the advisor abstained",
    ("answer",),
    registry=None,
)
HINT_SECONDS: Final = Histogram(
    "pilotfish_hint_seconds",
    "From reading a request to handing its answer to Kafka's client",
    buckets=(0.003, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 3),
    registry=None,
)
TRAININGS: Final = Counter(
    "pilotfish_trainings",
    "Trainings that ended; outcome is done, busy (another was running), unequipped (the "
    "extra `train` is not installed) or failed",
    ("outcome",),
    registry=None,
)
VERDICTS: Final = Counter(
    "pilotfish_verdicts",
    "Verdicts of the trainings that were done; verdict is promoted or refused",
    ("verdict",),
    registry=None,
)
ROLLBACKS: Final = Counter(
    "pilotfish_rollbacks",
    "Advisors withdrawn because their hints did harm",
    registry=None,
)
LIFT: Final = Gauge(
    "pilotfish_holdout_lift",
    "Success of who asked for advice, less that of the holdout; asked of the view "
    f"hint_lift every minute, for the {LIFT_TENANTS} tenants with the most attempts",
    ("tenant",),
    registry=None,
)
LIFT_LOW: Final = Gauge(
    "pilotfish_holdout_lift_low",
    "Lower end of the lift's interval of 95 %",
    ("tenant",),
    registry=None,
)
LIFT_HIGH: Final = Gauge(
    "pilotfish_holdout_lift_high",
    "Upper end of the lift's interval of 95 %; below 0, hints do harm",
    ("tenant",),
    registry=None,
)

LEFT_OUT: Final = Gauge(
    "pilotfish_strategy_beginnings_left_out",
    "Different beginnings of attempts in which no strategy is looked for, over all "
    "tenants, because more than 1,000 others of their tenant are more frequent",
    registry=None,
)

REQUESTS: Final = Counter(
    "pilotfish_requests",
    "Requests over HTTP that were answered; path is none where no path took them",
    ("path", "status"),
    registry=None,
)
REQUEST_SECONDS: Final = Histogram(
    "pilotfish_request_seconds",
    "From a request's head to the end of its answer, Kafka's acknowledgement included",
    ("path",),
    buckets=(0.003, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 3, 10),
    registry=None,
)
SPANS: Final = Counter(
    "pilotfish_spans",
    "Spans in export requests; fate is taken, once Kafka has them, or rejected",
    ("fate",),
    registry=None,
)
LOG_RECORDS: Final = Counter(
    "pilotfish_log_records",
    "Log records in export requests; fate is taken, rejected, or ignored: no evaluation",
    ("fate",),
    registry=None,
)
LABELS_EXPORTED: Final = Counter(
    "pilotfish_labels_exported",
    "Labels sent to OpenTelemetry; fate is taken, or refused: sending again would not help",
    ("fate",),
    registry=None,
)

METRICS: Final[Mapping[Metric, tuple[str, ...]]] = {
    LAG: (
        "archive",
        "streams",
        "advisor",
        "trigger",
        "memory",
        "traces",
        "label_export",
    ),
    BATCH_RECORDS: (
        "archive",
        "streams",
        "advisor",
        "memory",
        "traces",
        "label_export",
    ),
    WRITE_SECONDS: ("archive", "streams", "memory", "traces"),
    DEAD_LETTERS: ("archive", "streams", "advisor", "memory", "traces"),
    STALLS: ("streams",),
    LABELS: ("streams",),
    HINTS: ("advisor",),
    HINT_SECONDS: ("advisor",),
    TRAININGS: ("trigger",),
    VERDICTS: ("trigger",),
    ROLLBACKS: ("trigger",),
    LIFT: ("trigger",),
    LIFT_LOW: ("trigger",),
    LIFT_HIGH: ("trigger",),
    LEFT_OUT: ("memory",),
    REQUESTS: ("web",),
    REQUEST_SECONDS: ("web",),
    SPANS: ("web",),
    LOG_RECORDS: ("web",),
    LABELS_EXPORTED: ("label_export",),
}
"""Metric -> the services that have it."""


def registry(service: str) -> CollectorRegistry:
    """Return what a service shows: its metrics, and its process's memory and CPU."""
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    for metric, services in METRICS.items():
        if service in services:
            made.register(metric)
    return made
