"""A base model of which a whole training takes seconds."""

from pathlib import Path
from typing import NamedTuple

from pilotfish.runtime.settings import Settings


class SmallBase(NamedTuple):
    """A model's folder, and the home in which trainers keep the bundle made of it."""

    model: Path
    home: Path

    def chosen(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"base_model": str(self.model)})

    @property
    def environment(self) -> dict[str, str]:
        # Threads that wait for one another cost more than they bring to a small model.
        return {"HOME": str(self.home), "OMP_NUM_THREADS": "1"}
