"""Exceptions that mean that infrastructure failed, by their names in all providers' clients."""

from typing import Final

EXCEPTION_NAMES: Final = frozenset(
    {
        # openai, anthropic, litellm
        "APIConnectionError",
        "APITimeoutError",
        "BadGatewayError",
        "InternalServerError",
        "OverloadedError",
        "RateLimitError",
        "RateLimitExceeded",
        "ServiceUnavailableError",
        # google
        "BadGateway",
        "DeadlineExceeded",
        "GatewayTimeout",
        "ResourceExhausted",
        "ServiceUnavailable",
        "TooManyRequests",
        "TooManyRequestsError",
        # httpx, httpcore
        "NetworkError",
        "ProxyError",
        "RemoteProtocolError",
        "TimeoutException",
        # requests, urllib3, http.client
        "BadStatusLine",
        "ChunkedEncodingError",
        "ConnectionError",
        "ConnectTimeoutError",
        "IncompleteRead",
        "MaxRetryError",
        "NewConnectionError",
        "ProtocolError",
        "ReadTimeoutError",
        "SSLError",
        "Timeout",
        # aiohttp, websockets
        "ClientConnectionError",
        "ClientPayloadError",
        "ConnectionClosedError",  # botocore, too
        "ServerDisconnectedError",
        "ServerTimeoutError",
        # botocore
        "EndpointConnectionError",
        "InternalServerException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ResponseStreamingError",
        "ServiceUnavailableException",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        # asyncio, elastic-transport
        "ConnectionTimeout",
        "IncompleteReadError",
    }
)
"""Names of classes; subclasses of these count as well."""
