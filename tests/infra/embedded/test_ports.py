import os
import socket

import pytest

from pilotfish.infra.embedded.ports import require_free
from pilotfish.schemas.errors import ConfigurationError, RequirementError


def test_checking_a_free_port_leaves_it_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    require_free(port, "Kafka")
    require_free(port, "Kafka")


def test_the_error_names_the_server_the_process_and_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
        by = f"port {port} for Kafka is in use by process {os.getpid()} .*: stop it"
        with pytest.raises(RequirementError, match=by):
            require_free(port, "Kafka")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_there_is_not_is_a_clear_error(port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"Kafka would need port {port}"):
        require_free(port, "Kafka")
