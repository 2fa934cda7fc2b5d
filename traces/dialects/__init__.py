"""The dialects in which spans tell what agents do, one table each."""

from typing import Final

from pilotfish.traces.dialects.genai import GENAI
from pilotfish.traces.dialects.general import GENERAL
from pilotfish.traces.dialects.openinference import OPENINFERENCE
from pilotfish.traces.dialects.openllmetry import OPENLLMETRY
from pilotfish.traces.dialects.vercel import VERCEL

GENAI_DIALECTS: Final = (GENAI, OPENINFERENCE, OPENLLMETRY, VERCEL)
"""Where two of them tell the same of a span, the first counts."""
DIALECTS: Final = (*GENAI_DIALECTS, GENERAL)
