"""A language model as the demo's agent: the same approaches, as prompts."""

import re

from pilotfish.demo.agent import APPROACHES, Outcome
from pilotfish.runtime.chat import ChatModel
from pilotfish.schemas.errors import ConfigurationError

_PROMPT = """Solve the problem you are given. Go about it like this: {instruction}

Then write a line that says `Answer:` and after it the answer alone, in the form that \
the problem asks for."""
_ANSWER = re.compile(r"^\W*Answer\W*?:\**[ \t]*", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"```\w*\n(.*?)\n?```", re.DOTALL)
_TIMEOUT_S = 60.0


class ModelAgent:
    """Sends one request to a model for each try; safe to share among threads."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def close(self) -> None:
        """Close the connections."""
        self._model.close()

    def solve(self, problem_text: str, approach: str) -> Outcome:
        """Try one approach.

        Raises:
            openai.APIError: unchanged, so that rate limits, time-outs and lost
                connections are recorded as failures of infrastructure.
        """
        prompt = _PROMPT.format(instruction=APPROACHES[approach])
        reply = self._model.reply(prompt, problem_text)
        answer = answer_in(reply)
        if answer is None:
            return Outcome(
                None, (("thought", approach, reply),), "the reply has no `Answer:`"
            )
        return Outcome(
            answer, (("thought", approach, reply), ("answer", approach, answer))
        )


def answer_in(reply: str) -> str | None:
    """Return the text after the last `Answer:`, without a code fence around it."""
    marks = list(_ANSWER.finditer(reply))
    if not marks:
        return None
    answer = reply[marks[-1].end() :].strip()
    fenced = _FENCE.fullmatch(answer)
    return fenced[1] if fenced else answer.strip("`")


def connect_model(model: str) -> ModelAgent:
    """Return an agent that uses this model; sends no request yet.

    Raises:
        ConfigurationError: no model is named, or the key is missing.
        RequirementError: the openai package is missing.
    """
    if not model:
        raise ConfigurationError("no model is named: use --agent openai:MODEL")
    # A rate limit should be recorded, not waited for.
    return ModelAgent(ChatModel(model, _TIMEOUT_S))
