import socket

import pytest

from pilotfish.infra.embedded.ports import require_free
from pilotfish.schemas.errors import RequirementError


def test_checking_a_free_port_leaves_it_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    require_free(port, "Kafka")
    require_free(port, "Kafka")


def test_the_error_names_the_server_and_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
        with pytest.raises(
            RequirementError, match=f"port {port} for Kafka is in use: s"
        ):
            require_free(port, "Kafka")
