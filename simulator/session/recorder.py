"""Records a live session: both sides frame by frame, and the events, on the recording's own clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from base.os_errors import os_error_text
from base.samples import Samples
from simulator.activity.model import FRAME_SAMPLES
from simulator.engine.events import MOMENTS
from simulator.errors import SimulatorError
from simulator.live_recording import GUARD_CLOSED, GUARD_OPENED, RecordingJournal, finish_recording
from simulator.session.settings import EchoGuard, LiveArms, SessionSettings
from simulator.session.state import RecordingState, SessionMessage


def recording_facts(
    settings: SessionSettings,
    arms: LiveArms,
    *,
    guard: EchoGuard,
    microphone: str,
    end_of_turn_model: str,
    from_start: bool,
) -> tuple[str, dict[str, Any]]:
    """Return the name of a recording that begins now, and its labels' facts about how it was made.

    If it does not begin ``from_start`` of the call, it does not contain the greeting.
    """
    scenario = settings.scenario if from_start else settings.scenario.model_copy(update={"greeting": None})
    now = datetime.now().astimezone()
    return f"live-{now:%Y%m%d-%H%M%S}", {
        "title": f"Live, {now:%d %b %Y %H:%M}",
        "description": "Recorded live. The labels are the agent's decisions; please correct them.",
        "scenario": scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "recorded": {
            "at": now.isoformat(timespec="seconds"),
            "microphone": microphone,
            "arm": arms.name,
            "arms": arms.to_json(),
            "profile": settings.profile.name,
            "echo_guard": guard.value,
            "end_of_turn_model": end_of_turn_model,
        },
    }


class AgentTrack:
    """The agent's sound on the microphone's samples, frame by frame, up to a cut."""

    def __init__(self) -> None:
        self._waiting = np.zeros(0, np.float32)
        self._owed = 0
        """How many of the next samples belong to a frame already taken."""

    def put(self, said: Samples) -> None:
        """Append the agent's next samples, float32 ``[n]`` at 16 kHz."""
        self._waiting = np.concatenate([self._waiting, said[self._owed :]])
        self._owed = 0

    def frame(self) -> Samples:
        """Return the agent's sound during the next frame, float32 ``[512]``."""
        taken, self._waiting = self._waiting[:FRAME_SAMPLES], self._waiting[FRAME_SAMPLES:]
        self._owed = FRAME_SAMPLES - len(taken)
        return np.pad(taken, (0, self._owed))

    def cut(self) -> None:
        """Drop the samples not yet played."""
        self._waiting, self._owed = self._waiting[:0], 0


class Recorder:
    """Records while started. ``tell`` receives sentences for people; finishing runs in a separate thread.

    Any thread may use it, and ``tell`` may call :meth:`write_event`.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._lock = threading.Lock()
        """Held while writing, so that nothing is closed during a write."""
        self._journal: RecordingJournal | None = None
        self._starts_s, self._closed = 0.0, False
        self._finishing: list[threading.Thread] = []

    @property
    def state(self) -> RecordingState | None:
        """The current recording."""
        journal = self._journal
        return None if journal is None else RecordingState(str(journal.path.with_suffix(".flac")), journal.seconds)

    def start(self, stem: str, now_ms: int, about: dict[str, Any]) -> None:
        """Start a recording at a time of the call, unless one is running."""
        if self._journal is not None:
            return
        both = {"recorded": {**about.get("recorded", {}), "channels": ["caller", "agent"]}, "caller_channel": 0}
        try:
            journal = RecordingJournal(self._folder, stem, about | both)
        except OSError as error:
            why = os_error_text(error)
            self._tell(f"{self._folder}: cannot be written ({why}), so nothing is recorded; make room there")
            return
        with self._lock:
            self._journal, self._starts_s, self._closed = journal, now_ms / 1000, False
        self._tell(f"recording to {journal.path.with_suffix('.flac')}, for you alone to read")

    def write(self, caller: Samples, agent: Samples, *, closed: bool) -> None:
        """Append a frame of both sides, float32 ``[512]`` each; ``closed``: an echo guard muted the microphone."""

        def write(journal: RecordingJournal) -> None:
            if closed != self._closed:
                self._closed = closed
                guard = GUARD_CLOSED if closed else GUARD_OPENED
                journal.write_event({"type": guard, "t": round(journal.seconds, 3)})
            journal.write(np.column_stack((caller, agent)))

        self._try(write)

    def write_event(self, message: SessionMessage) -> None:
        """Append an event or notice."""
        event = message.to_json()

        def write(journal: RecordingJournal) -> None:
            moved = {key: round(event[key] - self._starts_s, 3) for key in MOMENTS if key in event}
            journal.write_event(event | moved)

        self._try(write)

    def finish(self) -> None:
        """End the recording, if there is one."""
        with self._lock:
            self._end()

    def wait(self) -> None:
        """Wait until every recording is finished."""
        with self._lock:
            finishing = [*self._finishing]
        for thread in finishing:
            thread.join()

    def _end(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            thread = threading.Thread(target=self._finish, args=(journal,), name="turnlab recording")
            self._finishing = [one for one in self._finishing if one.is_alive()] + [thread]
            thread.start()

    def _finish(self, journal: RecordingJournal) -> None:
        try:
            made = finish_recording(journal.path)
        except SimulatorError as error:
            self._tell(str(error))
        else:
            seconds = f"{journal.seconds:.1f} s"
            self._tell(f"recorded {seconds} to {made}" if made else "too short to keep; nothing was recorded")
        finally:
            journal.close()

    def _try(self, write: Callable[[RecordingJournal], None]) -> None:
        with self._lock:
            try:
                if self._journal is not None:
                    write(self._journal)
                return
            except OSError as error:
                why = os_error_text(error)
                self._end()
        self._tell(f"the recording ends here: {self._folder} cannot be written ({why}); make room there")
