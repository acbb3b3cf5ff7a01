"""The part of the Tune screen that has labels edited, and lets the readouts follow."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from textual import work

from simulator.errors import SimulatorError
from simulator.labels.writing import open_label_file
from simulator.recording import bundled_folder
from tui.labels.screen import LabelEditor
from tui.terminal_text import plain
from tui.tune.bench import AnalysedRecording, gone_text, open_found, own_folder
from tui.tune.screen_bench import BenchScreen


class LabelsScreen(BenchScreen):
    """A bench whose recordings can be labelled."""

    @work(group="labels", exclusive=True)
    async def action_edit_labels(self) -> None:
        """Open the labels of the shown recording."""
        analysed = self.session.analyses.get(self.session.shown or "")
        if analysed is None:
            self.notify("Wait until the recording is analysed.", severity="warning", markup=False)
            return
        source = analysed.recording.source
        if await self._gone(analysed):
            title = f"No labels to edit: {analysed.recording.title}"
            self.notify(plain(gone_text(analysed.key)), title=plain(title), severity="error", markup=False)
            return
        try:
            file = await asyncio.to_thread(open_label_file, source.path, source.duration_s)
        except SimulatorError as error:
            self.notify(plain(str(error)), title="No labels to edit", severity="error", markup=False)
            return
        ours = source.path.parent == bundled_folder()
        editor = LabelEditor(
            analysed,
            file,
            copies_to=own_folder() if ours else None,
            read_only=getattr(self.app, "read_only", False),
        )
        await self.app.push_screen_wait(editor)
        if editor.saved is not None:
            await self._follow(analysed, editor.saved)

    async def _follow(self, analysed: AnalysedRecording, audio: Path) -> None:
        """Let list, timeline and readouts follow the labels that were written for a recording."""
        found = await asyncio.to_thread(open_found, audio)
        if found.recording is None:
            gone = found.key == analysed.key and await self._gone(analysed)
            why = gone_text(found.key) if gone else found.fault
            title = "The readouts keep the labels of before"
            self.notify(plain(why), title=title, severity="error", timeout=10, markup=False)
            return
        self.session.trial_runner.forget(found.key)
        self.session.analyses[found.key] = replace(analysed, key=found.key, recording=found.recording)
        self.take_in_recording(found)
        self.show_recording(found.key)

    async def _gone(self, analysed: AnalysedRecording) -> bool:
        """Tell whether the file of a recording is gone, and say so at it from then on."""
        gone = not await asyncio.to_thread(os.path.exists, analysed.recording.source.path)
        if gone:
            self.note_gone(analysed.key)
        return gone
