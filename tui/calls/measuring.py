"""Measuring stored calls in the background, the newest first, until stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from tui.host import Host, Job

MOST: Final = 200
"""The number of calls measured automatically: as many as a pull brings."""


def measure_folder(folder: Path) -> None:
    """Measure a stored call and store the result beside it. A call without audio is not changed.

    Raises :class:`~simulator.errors.SimulatorError`, and :class:`OSError` if the result cannot be stored.
    """
    from simulator.heard.call_folder import read_call_folder
    from simulator.heard.measure import measure_call
    from simulator.heard.replaying import keep_heard

    call = read_call_folder(folder)
    if call.why_silent() is None:
        keep_heard(call, measure_call(call))


def caller_recording(folder: Path) -> Path:
    """Return the recording of a kept call's caller, with provisional labels. Measures the call first if needed.

    The recording is in the call's own folder. Raises :class:`~simulator.errors.SimulatorError` and
    :class:`OSError`.
    """
    from simulator.heard.call_folder import UnusableCallError, read_call_folder, write_heard
    from simulator.heard.measure import measure_call
    from simulator.heard.replaying import AUDIO, heard_before, prepare

    call = read_call_folder(folder)
    if (why := call.why_silent()) is not None:
        raise UnusableCallError(why)
    audio = folder / AUDIO
    if heard_before(call) is not None and audio.exists():
        return audio
    heard = measure_call(call)
    write_heard(call, heard.to_json())
    return prepare(call, heard)


class MeasureController:
    """Measures calls that have no measurements. ``measured`` is called when some have them."""

    def __init__(
        self,
        host: Host,
        calls: Callable[[], Sequence[CallOverview]],
        *,
        publish: Callable[[str], None],
        measured: Callable[[], None],
    ) -> None:
        self.running = False
        self._host = host
        self._calls = calls
        self._publish = publish
        self._measured = measured
        self._stopped = False
        self._failed: set[Path] = set()

    @property
    def waiting(self) -> list[CallOverview]:
        """The unmeasured calls that can be measured."""
        return [
            call
            for call in self._calls()
            if call.heard is None and call.audio_state == "here" and call.folder not in self._failed
        ]

    @property
    def why_not(self) -> str:
        """Why a measurement is not possible now; empty if it is."""
        if self.running:
            return "a measurement of calls is running; x stops it"
        return "" if self.waiting else "every call that has audio is measured"

    def start_unasked(self) -> None:
        """Measure the newest listed calls, unless the user stopped measuring before."""
        if not self._stopped:
            self.start(MOST)

    def start(self, most: int | None = None) -> None:
        """Measure the listed calls, newest first, at most ``most`` of them."""
        waiting = self.waiting[:most]
        if waiting and not self.running:
            self.running, self._stopped = True, False
            self._host.start_thread(partial(self._measure, waiting), "measuring")

    def stop(self) -> None:
        """Stop after the current call."""
        self._stopped = True

    def _measure(self, waiting: Sequence[CallOverview], job: Job) -> None:
        from services.calls.overview import HEARD
        from simulator.errors import SimulatorError

        problems: list[str] = []
        for done, call in enumerate(waiting):
            if job.cancelled or self._stopped:
                break
            self._say(job, f"Measuring {done + 1} of {len(waiting)} from audio · x stops it")
            try:
                measure_folder(call.folder)
            except (SimulatorError, OSError) as error:
                self._failed.add(call.folder)
                problems.append(str(error))
            if not (call.folder / HEARD).exists():
                self._failed.add(call.folder)  # else it would be retried forever
        job.report(partial(self._end, problems))

    def _say(self, job: Job, text: str) -> None:
        job.report(lambda: self._publish(text), "measuring")

    def _end(self, problems: Sequence[str]) -> None:
        self.running = False
        if problems:
            more = f" ({len(problems) - 1} more likewise)" if len(problems) > 1 else ""
            self._host.tell(f"{problems[0]}{more}", "Not measured", severity="warning", timeout=12)
        self._publish("")
        self._measured()
