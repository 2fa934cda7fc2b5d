"""The calls within the runs of a process: of models, tools and retrievers."""

import time
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult
from langgraph.errors import GraphBubbleUp

from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text
from pilotfish.integrations.langchain.reading import model_call
from pilotfish.integrations.runs import Runs, Work

RUNS: Final = Runs[UUID]()


class CallRecorder(BaseCallbackHandler):
    """Records calls as steps of the run that they are part of, if that is an attempt."""

    run_inline = True  # Nothing here waits, and in threads events would change places.

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, run_id: UUID, **about: Any
    ) -> None:
        name = read(about.get("metadata"), "ls_model_name") or read(serialized, "name")
        self._starts(run_id, about, name, None)

    def on_llm_start(
        self, serialized: Any, prompts: Any, *, run_id: UUID, **about: Any
    ) -> None:
        self.on_chat_model_start(serialized, prompts, run_id=run_id, **about)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        work = RUNS.work.pop(run_id, None)
        if work is not None:
            work.run.model_call(model_call(response, work.name, work.duration_s))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        RUNS.work.pop(run_id, None)

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: UUID,
        inputs: dict[str, Any] | None = None,
        **about: Any,
    ) -> None:
        self._starts(run_id, about, read(serialized, "name"), inputs or input_str)

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        work = RUNS.work.pop(run_id, None)
        if work is not None:
            result = read(output, "content") or output
            work.run.tool_call(work.name, work.arguments, result, work.duration_s)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        work = RUNS.work.pop(run_id, None)
        if work is not None and not isinstance(error, GraphBubbleUp):
            work.run.tool_call(work.name, work.arguments, error, work.duration_s)

    def on_retriever_start(
        self, serialized: Any, query: str, *, run_id: UUID, **about: Any
    ) -> None:
        self._starts(run_id, about, read(serialized, "name") or "retriever", query)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **_: Any) -> None:
        texts = [read(document, "page_content") for document in documents]
        self.on_tool_end(texts, run_id=run_id)

    def on_retriever_error(
        self, error: BaseException, *, run_id: UUID, **_: Any
    ) -> None:
        self.on_tool_error(error, run_id=run_id)

    def _starts(
        self, run_id: UUID, about: dict[str, Any], name: object, arguments: object
    ) -> None:
        run = RUNS.of(about.get("parent_run_id"))
        if run is not None and run_id not in RUNS.work:
            work = Work(run, as_text(name or ""), arguments, time.monotonic())
            RUNS.work[run_id] = work
