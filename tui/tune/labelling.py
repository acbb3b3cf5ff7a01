"""Having labels edited, and letting list, timeline and readouts follow them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from simulator.errors import SimulatorError
from simulator.labels.document import LabelFile, open_label_file
from simulator.recording import bundled_folder
from tui.host import Host
from tui.tune.bench import AnalysedRecording, gone_text, open_found, own_folder
from tui.tune.recordings import RecordingsController
from tui.tune.trial import TrialRunner

Edit = Callable[[AnalysedRecording, LabelFile, Path | None], Awaitable[Path | None]]
"""Has labels edited; a recording of ours goes to the folder first. Returns the audio whose labels were written."""


class LabellingController:
    """Has the labels of the shown recording edited by ``edit``; ``runner`` forgets what they made of it before."""

    def __init__(self, host: Host, recordings: RecordingsController, runner: TrialRunner, edit: Edit) -> None:
        self._host, self._recordings, self._runner, self._edit = host, recordings, runner, edit

    def edit(self) -> None:
        """Open the labels of the shown recording."""
        self._host.start(self._open, "labels", exclusive=True)

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
        """Let list, timeline and readouts follow the labels that were written for a recording."""
        found = await asyncio.to_thread(open_found, audio)
        if found.recording is None:
            gone = found.key == analysed.key and await self._gone(analysed)
            why = gone_text(found.key) if gone else found.fault
            self._host.tell(why, "The readouts keep the labels of before", severity="error", timeout=10)
            return
        self._runner.forget(found.key)
        self._recordings.take_in(found, replace(analysed, key=found.key, recording=found.recording))

    async def _gone(self, analysed: AnalysedRecording) -> bool:
        """Tell whether the file of a recording is gone, and say so at it from then on."""
        gone = not await asyncio.to_thread(os.path.exists, analysed.recording.source.path)
        if gone:
            self._recordings.note_gone(analysed.key)
        return gone
