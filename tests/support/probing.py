"""What a service says on its port of metrics and health."""

import urllib.request
from urllib.error import HTTPError


def said_on(port: int | None, path: str) -> tuple[int, str]:
    """Return status and text.

    Raises:
        URLError: nobody listens.
    """
    try:
        url = f"http://127.0.0.1:{port}{path}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
