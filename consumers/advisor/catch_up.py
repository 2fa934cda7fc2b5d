"""Teaches an advisor the labels that are in Kafka, before it goes into service."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pilotfish.consumers.advisor.loaded_advisor import LoadedAdvisor
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.label_reader import LabelReader
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.labels import PlacedLabel

_SLICE: Final = 8
"""Labels learned at once in the background: the encoder is shared with requests."""
_READ: Final = 500
_WAIT_S: Final = 0.1


def catch_up(
    settings: Settings, loaded: LoadedAdvisor, enough: Callable[[], bool]
) -> None:
    """Teach an advisor the labels that are there now.

    Stops early when there is `enough`; its offsets then say which labels are left.

    Raises:
        UnavailableError: Kafka does not answer.
    """
    advisor = loaded.advisor
    with (
        mapped_errors("catching up with labels"),
        LabelReader(settings, advisor.state.offsets, lambda *_: None) as reader,
    ):
        while not (reader.at_end or enough()):
            labels = reader.read(_READ, _WAIT_S)
            own = [placed for placed in labels if placed.label.tenant == loaded.tenant]
            for part in _slices(own):
                if enough():
                    return
                advisor.learn_all(part)
            advisor.read_up_to(reader.positions)


def _slices(labels: Sequence[PlacedLabel]) -> Iterable[Sequence[PlacedLabel]]:
    for start in range(0, len(labels), _SLICE):
        yield labels[start : start + _SLICE]
