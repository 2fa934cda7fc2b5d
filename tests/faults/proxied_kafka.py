"""The embedded broker with a second listener, whose address is that of a proxy."""

from pathlib import Path

from pilotfish.infra.embedded.kafka import EmbeddedKafka


class ProxiedKafka(EmbeddedKafka):
    """Clients that come through the proxy are sent back to it for every connection."""

    def __init__(self, data: Path, ports: list[int]) -> None:
        super().__init__(data, ports[0], ports[1])
        self.behind_port, self.proxy_port = ports[2], ports[3]

    def _configure(self) -> Path:
        path = super()._configure()
        added = {
            "listeners": f"PROXIED://127.0.0.1:{self.behind_port}",
            "advertised.listeners": f"PROXIED://127.0.0.1:{self.proxy_port}",
        }
        lines = []
        for line in path.read_text(encoding="utf-8").splitlines():
            name = line.partition("=")[0]
            lines.append(f"{line},{added[name]}" if name in added else line)
        lines.append(
            "listener.security.protocol.map="
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"
        )
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path
