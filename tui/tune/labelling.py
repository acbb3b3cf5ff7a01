"""Edits the labels of a recording, or injects sounds; list, timeline and readouts follow."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from simulator.audio.injecting import SOUNDS, Injection
from simulator.errors import SimulatorError
from simulator.labels.document import LabelFile, open_label_file
from simulator.recording import bundled_folder
from simulator.replay import Placement
from tui.host import Host
from tui.tune.bench import AnalysedRecording, gone_text, open_found, own_folder
from tui.tune.recordings import RecordingsController
from tui.tune.trial import TrialOutcome, TrialRunner

Edit = Callable[[AnalysedRecording, LabelFile, Path | None], Awaitable[Path | None]]
"""Edits labels. A bundled recording is first copied to the folder. Returns the audio whose labels were written."""

LABELS = "labels"
"""The group of the work that edits labels and takes them in."""

Pick = Callable[[str, Sequence[tuple[str, str]]], Awaitable[str | None]]
"""Asks for one of several named items, each with a description."""


def moment_of_recording(outcome: TrialOutcome, shared_ms: int) -> int:
    """Return the moment of the recording in ms at which arm A is, for a moment of the shared clock.

    In a gap of elastic replay, it is as far into the gap's labelled agent window as arm A's answer, or as far after
    the last played audio, and inside the gap.
    """
    run, labels = outcome.runs[0], outcome.shown.recording.labels
    own_ms = outcome.scene.ticks.own(shared_ms)
    places = run.played.placements
    before = [place for place in places if place.start_ms + place.shift_ms <= own_ms]
    last = before[-1] if before else Placement(0, 0, 0)
    if own_ms < last.end_ms + last.shift_ms:
        return own_ms - last.shift_ms
    gap_end_ms = places[len(before)].start_ms if len(before) < len(places) else outcome.shown.recording.duration_ms
    at_ms = own_ms - last.shift_ms
    windows = [round(start_s * 1000) for start_s, _ in labels.agent] if labels else []
    windows = [start_ms for start_ms in windows if last.end_ms <= start_ms < gap_end_ms]
    spoken = [s.start_ms for s in run.measured.sounds if last.end_ms + last.shift_ms <= s.start_ms <= own_ms]
    if windows and spoken:
        at_ms = windows[0] + own_ms - spoken[-1]
    return max(last.end_ms, min(at_ms, gap_end_ms - _ROOM_MS))


_ROOM_MS = 500
"""The smallest distance of an injected sound from the caller's next words."""


class LabellingController:
    """Edits the labels of the shown recording with ``edit``. ``runner`` forgets its earlier results.

    Sounds are injected into what ``outcome`` shows, at ``at``, a moment of the shared clock in ms. ``pick`` asks
    which.
    """

    def __init__(
        self,
        host: Host,
        recordings: RecordingsController,
        runner: TrialRunner,
        edit: Edit,
        *,
        outcome: Callable[[], TrialOutcome | None],
        at: Callable[[], int],
        pick: Pick,
    ) -> None:
        self._host, self._recordings, self._runner, self._edit = host, recordings, runner, edit
        self._outcome, self._at_ms, self._pick = outcome, at, pick

    def edit(self) -> None:
        """Open the labels of the shown recording."""
        self._host.start(self._open, LABELS, exclusive=True)

    async def _open(self) -> None:
        analysed = self._recordings.shown
        if analysed is None:
            self._host.tell("Wait until the recording is analysed.", severity="warning")
            return
        source = analysed.recording.source
        if await self._gone(analysed):
            title = f"No labels to edit: {analysed.recording.title}"
            self._host.tell(gone_text(analysed.key), title, severity="error")
            return
        try:
            file = await asyncio.to_thread(open_label_file, source.path, source.duration_s)
        except SimulatorError as error:
            self._host.tell(str(error), "No labels to edit", severity="error")
            return
        ours = source.path.parent == bundled_folder()
        saved = await self._edit(analysed, file, own_folder() if ours else None)
        if saved is not None:
            await self._follow(analysed, saved)

    async def _follow(self, analysed: AnalysedRecording, audio: Path) -> None:
        """Update list, timeline and readouts after labels were written."""
        source = analysed.recording.source
        place = self._recordings.place(analysed.key) if audio == source.path else None
        found = await asyncio.to_thread(open_found, audio, source.what_if, place)
        if found.recording is None:
            gone = found.key == analysed.key and await self._gone(analysed)
            why = gone_text(found.key) if gone else found.fault
            self._host.tell(why, "The readouts keep the labels of before", severity="error", timeout=10)
            return
        self._runner.forget(found.key)
        self._recordings.take_in(found, replace(analysed, key=found.key, recording=found.recording))

    # ---- injected sounds

    def inject(self) -> None:
        """Inject a sound at the playhead, or remove one."""
        self._host.start(self._inject, "sounds", exclusive=True)

    async def _inject(self) -> None:
        outcome = self._outcome()
        if outcome is None:
            self._host.tell("Wait until the recording is analysed.", severity="warning")
            return
        recording = outcome.shown.recording
        what_if = recording.source.what_if
        at_ms = min(moment_of_recording(outcome, self._at_ms()), recording.duration_ms - 1)
        away = {f"without {one.words()}": one for one in what_if.injections}
        choices = [(name, f"take it away: put in at {one.at_ms / 1000:g} s") for name, one in away.items()]
        choices += [(name, f"put {sound.title} in at {at_ms / 1000:.1f} s") for name, sound in SOUNDS.items()]
        chosen = await self._pick(f"What if, at {at_ms / 1000:.1f} s of {recording.title} …", choices)
        if chosen is None:
            return
        injections = {*what_if.injections} - {away[chosen]} if chosen in away else {*what_if.injections}
        if chosen not in away:
            injections.add(Injection(at_ms, chosen))
        found = await asyncio.to_thread(
            open_found,
            recording.source.path,
            replace(what_if, injections=tuple(sorted(injections))),
            self._recordings.place(outcome.shown.key),
        )
        if found.recording is None:
            self._host.tell(found.fault, "The recording is heard as before", severity="error", timeout=10)
            return
        self._recordings.hear_again(found)

    async def _gone(self, analysed: AnalysedRecording) -> bool:
        """Return whether a recording's file is gone. If so, mark it in the list."""
        gone = not await asyncio.to_thread(os.path.exists, analysed.recording.source.path)
        if gone:
            self._recordings.note_gone(analysed.key)
        return gone
