"""A TCP proxy that can be slow, cut connections, and answer half."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from pilotfish.infra.embedded.ports import free_ports

Trouble = Literal["", "slow", "cut", "half"]

_CHUNK = 64 * 1024
_SLOW_S = 0.05
_CUT_AFTER_BYTES = 20_000


class Proxy:
    """Listens on a port of its own, and passes on to another.

    `trouble` holds for open connections, too: "slow" delays each 64 kB by 50 ms, "cut"
    ends a connection after some 20 kB, "half" ends it in the middle of an answer.
    """

    def __init__(self, port: int = 0, seed: int = 0) -> None:
        self.port = port or free_ports(1)[0]
        self.trouble: Trouble = ""
        self._order = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", self.port))

    @contextmanager
    def to(self, port: int) -> Iterator[None]:
        """Pass on to a port of this machine."""
        accepting = threading.Thread(target=self._accept, args=(port,), daemon=True)
        accepting.start()
        try:
            yield
        finally:
            self._listener.close()

    def _accept(self, port: int) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", port), 5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                for pair in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answer: bool) -> None:
        left = self._order.randrange(1, 2 * _CUT_AFTER_BYTES)
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if self.trouble == "slow":
                    time.sleep(_SLOW_S)
                if self.trouble == "half" and answer:
                    target.sendall(data[: len(data) // 2])
                    break
                target.sendall(data)
                left -= len(data)
                if self.trouble == "cut" and left < 0:
                    break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
