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
from tui.screens.label_editor import LabelEditor
from tui.screens.tune_bench import BenchScreen
from tui.terminal_text import plain
from tui.tuning.bench import Specimen, gone_text, open_found, own_folder


class LabelsScreen(BenchScreen):
    """A bench whose recordings can be labelled."""

    @work(group="labels", exclusive=True)
    async def action_edit_labels(self) -> None:
        """Open the labels of the shown recording."""
        specimen = self.session.specimens.get(self.session.shown or "")
        if specimen is None:
            self.notify("Wait until the recording is analysed.", severity="warning", markup=False)
            return
        source = specimen.recording.source
        if await self._gone(specimen):
            title = f"No labels to edit: {specimen.recording.title}"
            self.notify(plain(gone_text(specimen.key)), title=plain(title), severity="error", markup=False)
            return
        try:
            file = await asyncio.to_thread(open_label_file, source.path, source.duration_s)
        except SimulatorError as error:
            self.notify(plain(str(error)), title="No labels to edit", severity="error", markup=False)
            return
        ours = source.path.parent == bundled_folder()
        editor = LabelEditor(
            specimen,
            file,
            copies_to=own_folder() if ours else None,
            read_only=getattr(self.app, "read_only", False),
        )
        await self.app.push_screen_wait(editor)
        if editor.saved is not None:
            await self._follow(specimen, editor.saved)

    async def _follow(self, specimen: Specimen, audio: Path) -> None:
        """Let list, timeline and readouts follow the labels that were written for a recording."""
        found = await asyncio.to_thread(open_found, audio)
        if found.recording is None:
            gone = found.key == specimen.key and await self._gone(specimen)
            why = gone_text(found.key) if gone else found.fault
            title = "The readouts keep the labels of before"
            self.notify(plain(why), title=title, severity="error", timeout=10, markup=False)
            return
        self.session.laboratory.forget(found.key)
        self.session.specimens[found.key] = replace(specimen, key=found.key, recording=found.recording)
        self.take_in_recording(found)
        self.show_recording(found.key)

    async def _gone(self, specimen: Specimen) -> bool:
        """Tell whether the file of a recording is gone, and say so at it from then on."""
        gone = not await asyncio.to_thread(os.path.exists, specimen.recording.source.path)
        if gone:
            self.note_gone(specimen.key)
        return gone
