"""A client to a chat model, on any server that speaks OpenAI's chat completions.

Address and key are the openai package's own OPENAI_BASE_URL and OPENAI_API_KEY.
"""

from typing import TYPE_CHECKING

from pilotfish.schemas.errors import ConfigurationError, RequirementError

if TYPE_CHECKING:
    from openai import OpenAI


def chat_client(timeout_s: float) -> "OpenAI":
    """Return a client that asks once, without tries again; no request is made yet.

    Raises:
        ConfigurationError: the key is missing.
        RequirementError: the openai package is missing.
    """
    try:
        from openai import OpenAI, OpenAIError
    except ImportError as error:
        raise RequirementError("install the extra `pilotfish[chat]`") from error
    try:
        return OpenAI(timeout=timeout_s, max_retries=0)
    except OpenAIError as error:
        raise ConfigurationError(
            f"{error} (a server that wants no key takes any word)"
        ) from error
