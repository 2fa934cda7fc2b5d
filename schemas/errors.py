"""Every error that pilotfish raises on purpose.

PilotfishError
├── ConfigurationError        a setting is missing or wrong: fix it and restart
├── SchemaError               bytes that are not a valid message: they become a dead letter
│   └── UnknownVersionError   written by a newer pilotfish than this one
├── UnavailableError          Kafka or ClickHouse does not answer: retry after `retry_after_s`
├── StorageError              ClickHouse refused a statement: a retry would not help
├── DeadLetterLimitError      too many dead letters in a row: the consumer stops
├── BundleError               an advisor bundle is damaged, incomplete or forbidden
├── NothingToLearnError       a dataset from which no advisor can be trained
├── TrainingBusyError         another training of this tenant is running
├── NotPicklableError         an object of one process: the message says what to keep instead
└── RequirementError          this machine lacks something: the message says what to install
"""


class PilotfishError(Exception):
    """The root: `except pilotfish.PilotfishError` catches everything below."""


class ConfigurationError(PilotfishError, ValueError):
    """A setting is missing or wrong."""


class SchemaError(PilotfishError, ValueError):
    """Bytes that are not a valid message of pilotfish."""


class UnknownVersionError(SchemaError):
    """A message of a schema or version that this pilotfish does not know."""


class UnavailableError(PilotfishError):
    """A server does not answer at the moment.

    Args:
        message: which server, and what it was asked to do.
        retry_after_s: seconds after which a retry makes sense.
    """

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StorageError(PilotfishError):
    """ClickHouse answered with an error that a retry does not fix."""


class DeadLetterLimitError(PilotfishError):
    """More dead letters in a short time than bad messages explain."""


class BundleError(PilotfishError):
    """An advisor bundle that must not be loaded."""


class NothingToLearnError(PilotfishError):
    """No advisor can be trained from the data; the message says why."""


class TrainingBusyError(PilotfishError):
    """Another training of the same tenant holds the lock."""


class RequirementError(PilotfishError):
    """An unmet requirement of this machine."""


class NotPicklableError(PilotfishError, TypeError):
    """An object that belongs to one process was pickled."""
