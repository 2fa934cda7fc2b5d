"""Search in past attempts at similar problems, for agents."""

import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from pilotfish._sdk.single import Single
from pilotfish._sdk.text import as_text
from pilotfish.schemas.errors import RequirementError
from pilotfish.schemas.remembered import Remembered, SearchMode

if TYPE_CHECKING:
    _Search = Callable[[str, str, int, SearchMode], list[Remembered]]


class Memory(Single):
    """Past attempts of the client's tenant; safe to share among threads.

    Queries ClickHouse at PILOTFISH_CLICKHOUSE and embeds with the base advisor in
    PILOTFISH_HOME/models. Unlike the rest of the client, this needs the extra `services`.
    """

    def __init__(self, tenant: str | None = None) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._opened: tuple[int, str, _Search] | None = None

    def search(
        self, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        """Return at most `k` attempts at similar problems, the most similar first.

        Blocks: about a second the first time, to load the encoder, then about 20 ms.

        Args:
            text: a problem.
            k: from 1 to 100.
            mode: "meaning"; or "words" for problems that contain all words of `text`, the
                newest first; or "both", with the two rankings fused.

        Raises:
            RequirementError: the extra is not installed.
            ConfigurationError: `text` is empty, or `k` out of range.
            UnavailableError: ClickHouse does not answer, or the base advisor is missing.
        """
        with self._lock:
            tenant, search = self._open()
            return search(tenant, as_text(text), k, mode)

    def _open(self) -> "tuple[str, _Search]":
        # A forked child must not use its parent's connection.
        if self._opened is None or self._opened[0] != os.getpid():
            settings = import_module("pilotfish.runtime.settings").Settings()
            try:
                # Imported by name, so that the client stays light.
                search = import_module("pilotfish.consumers.memory.search")
            except ImportError as error:
                raise RequirementError(
                    f"searching the memory needs {error.name}: "
                    "install pilotfish with the extra `services`, pilotfish[services]"
                ) from error
            tenant = self._tenant or settings.tenant
            self._opened = os.getpid(), tenant, search.opened(settings)
        return self._opened[1:]


class AsyncMemory:
    """`Memory` for asyncio."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def search(
        self, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        """Search as `Memory.search`, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self._memory.search, text, k, mode)
