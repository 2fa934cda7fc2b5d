"""Settings of Hugging Face's libraries, read when they are imported."""

from typing import Final

QUIET: Final = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}
"""No network access, and no output on a terminal of another program."""
