"""One try at one problem, as a context manager."""

import time
from collections.abc import Mapping
from types import TracebackType

from pilotfish._sdk.attempt_base import AttemptBase
from pilotfish._sdk.hint import Hint


class Attempt(AttemptBase):
    """One try at one problem, made by `Client.attempt`.

    Leaving the block ends the attempt with the outcome given to `succeed` or `fail`, else
    as "unknown". An exception is published as a failure, or as an infrastructure failure,
    and propagates unchanged; control flow, such as an exit or a cancellation, leaves the
    outcome that was given.
    """

    def advice(self, approaches: Mapping[str, str] | None = None) -> Hint:
        """Ask which of these approaches to try; blocks until the client's deadline.

        Never raises: if no answer arrives in time, or the arguments do not make a valid
        request, the hint abstains and gives the reason.

        Without approaches, the strategies that were found in the tenant's attempts are the
        choices, and `hint.approach` is the id of one. It does not become the approach of
        this attempt, whose own steps tell which strategy was used.

        Args:
            approaches: up to 64 names, each with one line of instruction of up to 2,000
                characters; what is longer is cut. An empty mapping is as good as none.
        """
        began_ns, deadline = time.time_ns(), time.monotonic() + self._session.deadline_s
        pending = self._ask(approaches)
        if isinstance(pending, Hint):
            return self._decide(pending, began_ns)
        # Remembered before the wait, in case an interrupt ends that.
        self._remember(pending.abstention("deadline"))
        hint = pending.wait(deadline - time.monotonic())
        return self._decide(hint, began_ns)

    def next_move(self) -> Hint:
        """Ask what to do next, by how attempts went on that began as this one did.

        Blocks until the client's deadline and never raises. What this attempt decided so
        far is compared with past attempts at such problems. Where one next move was surely
        followed by success more often than all others, `hint.approach` is that move and
        `hint.text` says so with the counts; else the hint abstains, and `hint.detail` says
        what is known. That is observed, and no experiment: docs/strategies.md says how to
        see what such advice is worth.

        It leaves the hint of `advice` as it is. An attempt that was taken up by `resume`
        does not know its first steps, and gets no answer.
        """
        began_ns, deadline = time.time_ns(), time.monotonic() + self._session.deadline_s
        pending = self._ask_next()
        if isinstance(pending, Hint):
            return pending
        return self._shown(pending.wait(deadline - time.monotonic()), began_ns)

    def __enter__(self) -> "Attempt":
        self._enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(error)
