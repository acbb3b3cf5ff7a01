"""Opens the caller of a kept call in Tune, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from base.os_errors import os_error_text
from tui.calls.measuring import caller_recording
from tui.host import SECONDS_TO_READ

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from tui.host import Host, Job

_WHY_NOT = {"archived": "its recording is archived; p pulls it once it is back", "removed": "its audio was deleted"}


class TuneController:
    """Makes a recording of a call's caller, one at a time, and passes its audio to ``open_in_tune``.

    This is a callback, not a message, because a message without a listener would be lost silently.
    """

    def __init__(
        self,
        host: Host,
        open_in_tune: Callable[[CallOverview, Path], object],
        *,
        publish: Callable[[str], None],
        prepare: Callable[[Path], Path] = caller_recording,
    ) -> None:
        self.running = False
        self._host = host
        self._open = open_in_tune
        self._publish = publish
        self._prepare = prepare

    def why_not(self, call: CallOverview | None) -> str:
        """Return why a call cannot be opened in Tune now; empty if it can."""
        if call is None:
            return "no call is highlighted"
        if self.running:
            return "a caller's recording is being prepared; it opens in a moment"
        return "" if call.audio_state == "here" else _WHY_NOT.get(call.audio_state, "it was not recorded")

    def start(self, call: CallOverview) -> None:
        """Open a call's caller in Tune."""
        self.running = True
        self._publish("Preparing the caller's recording…")
        self._host.start_thread(partial(self._make, call), "call for tune")

    def _make(self, call: CallOverview, job: Job) -> None:
        from simulator.errors import SimulatorError

        try:
            audio = self._prepare(call.folder)
        except SimulatorError as error:
            job.report(partial(self._end, partial(self._complain, str(error))))
        except OSError as error:
            job.report(partial(self._end, partial(self._complain, f"{call.folder}: {os_error_text(error)}")))
        else:
            job.report(partial(self._end, partial(self._open, call, audio)))

    def _complain(self, why: str) -> None:
        self._host.tell(why, "Tune", severity="error", timeout=SECONDS_TO_READ)

    def _end(self, then: Callable[[], object]) -> None:
        self.running = False
        self._publish("")
        then()
