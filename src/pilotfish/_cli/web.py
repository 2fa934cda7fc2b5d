"""`pilotfish serve` and `pilotfish mcp`: the HTTP door, and its tools over stdio."""

import typer

from pilotfish.runtime.settings import Settings


def serve() -> None:
    """Listen for traces, attempts and requests for advice over HTTP, and for MCP.

    `pilotfish up` does this by itself; this command is for a Kafka and a ClickHouse of
    your own. Logs go to stderr, a JSON object a line; SIGTERM or Ctrl-C stops it, and it
    waits while Kafka is away. Point OpenTelemetry at it with
    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.

    PILOTFISH_HTTP_HOST and PILOTFISH_HTTP_PORT say where it listens: by default on
    127.0.0.1, where no token is asked for. With PILOTFISH_HTTP_TOKEN=TOKEN, or
    tenant=TOKEN,tenant=TOKEN, clients send the header `Authorization: Bearer TOKEN`.
    """
    from pilotfish.web.__main__ import main

    raise typer.Exit(main())


def mcp() -> None:
    """Be a server of the Model Context Protocol on standard input and output.

    For agents that start their tools as processes. In a client's configuration:
    {"mcpServers": {"pilotfish": {"command": "pilotfish", "args": ["mcp"]}}}

    The tools are advise, report_outcome, search_memory and playbook; the tenant is
    PILOTFISH_TENANT. `pilotfish up` and `pilotfish serve` have the same at /mcp over HTTP.
    """
    from pilotfish.runtime.service.logs import configure
    from pilotfish.web.stdio import run

    configure("mcp")
    run(Settings())
