"""A chat model, on any server that speaks OpenAI's chat completions.

Address and key are the openai package's own OPENAI_BASE_URL and OPENAI_API_KEY.
"""

from pilotfish.schemas.errors import ConfigurationError, RequirementError


class ChatModel:
    """Asks a model once, without retries; safe to share among threads.

    No request is made before `reply`.

    Raises:
        ConfigurationError: the key is missing.
        RequirementError: the openai package is missing.
    """

    def __init__(self, model: str, timeout_s: float) -> None:
        try:
            from openai import OpenAI, OpenAIError
        except ImportError as error:
            raise RequirementError("install the extra `pilotfish[chat]`") from error
        try:
            self._client = OpenAI(timeout=timeout_s, max_retries=0)
        except OpenAIError as error:
            raise ConfigurationError(
                f"{error} (a server that wants no key takes any word)"
            ) from error
        self._model = model

    def reply(self, instructions: str, text: str) -> str:
        """Return the model's reply to a text; empty if there is none.

        Raises:
            openai.APIError: unchanged, so that rate limits, time-outs and lost
                connections can be told apart.
        """
        completion = self._client.chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": instructions},
                {"role": "user", "content": text},
            ],
        )
        return completion.choices[0].message.content or ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
