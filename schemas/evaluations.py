"""OpenTelemetry's results of evaluations: how its conventions for GenAI name them."""

from typing import Final

EVALUATION: Final = "gen_ai.evaluation.result"
"""The name of the event, of a log record, and of the span that is made of one."""
ATTRIBUTES: Final = {
    "name": "gen_ai.evaluation.name",
    "label": "gen_ai.evaluation.score.label",
    "score": "gen_ai.evaluation.score.value",
    "explanation": "gen_ai.evaluation.explanation",
}
OF_PILOTFISH: Final = "pilotfish."
"""What the names of pilotfish's own evaluations begin with."""


def evaluation(
    name: str, label: str, score: float, explanation: str
) -> dict[str, str | float]:
    """Return the attributes of an evaluation of pilotfish's; `name` says of what."""
    values = (OF_PILOTFISH + name, label, score, explanation)
    return dict(zip(ATTRIBUTES.values(), values, strict=True))
