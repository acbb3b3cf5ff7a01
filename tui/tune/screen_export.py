"""The part of the Tune screen that writes files to take along: figures, timelines, and calls to be heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual import work

from base.files import write_private
from base.os_errors import os_error_text
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne
from tui.terminal_text import plain
from tui.tune.export_dialog import ExportTo
from tui.tune.exports import readouts_csv, timeline_json
from tui.tune.mixing_dialog import Mixing
from tui.tune.scene import ARMS
from tui.tune.screen_asking import AskingScreen
from tui.tune.trial import Outcome

_CSV = "readouts as CSV"
_TIMELINE = "timeline of arm "
_CALL = "call with arm "

Write = Callable[[Path, bool], Awaitable[bool]]
"""Writes to a path, replacing what is there if it may; returns whether it was written."""


class ExportScreen(AskingScreen):
    """A bench whose outcomes can be taken along."""

    @work
    async def action_export(self) -> None:
        """Write the readouts, a timeline or a call to a file."""
        measurement, outcome = self.settled_measurement(), self.outcome
        if measurement is None or outcome is None:
            return
        name = outcome.scene.name
        arms = list(zip(ARMS, self.arm_names, strict=False))
        choices = [(_CSV, f"Every figure of every arm, over {measurement.readouts.over}.")]
        choices += [(_TIMELINE + arm, f"{name} under {what}, as PlaybackTimeline JSON.") for arm, what in arms]
        choices += [
            (_CALL + arm, f"{name} under {what}, to be heard: the caller left, the agent right.")
            for arm, what in arms
        ]
        what = await self.app.push_screen_wait(PickOne("Export what?", choices))
        if what is None:
            return
        arm = what[-1]
        if what.startswith(_CALL):
            suggested, write = f"{name}.{arm}.flac", self._call_writer(outcome, ARMS.index(arm))
        elif what == _CSV:
            suggested, write = "readouts.csv", _text_writer(readouts_csv(measurement, self.arm_names))
        else:
            run = outcome.runs[ARMS.index(arm)]
            suggested, write = f"{name}.{arm}.timeline.json", _text_writer(timeline_json(run))
        dialog = ExportTo(what, suggested, audio=what.startswith(_CALL))
        path = await self.app.push_screen_wait(dialog)
        if path is not None:
            await self._write(path, write)

    async def _write(self, path: Path, write: Write) -> None:
        try:
            try:
                written = await write(path, False)
            except FileExistsError:
                question = Confirm("Replace it?", f"{path} is there already.", does="replaces it")
                agreed = await self.app.push_screen_wait(question)
                written = agreed is True and await write(path, True)
        except OSError as error:
            self.notify(
                f"{plain(str(path))}: {os_error_text(error)}; choose another place.", severity="error", markup=False
            )
        else:
            if written:
                self.notify(f"Wrote {plain(str(path))}, readable by you alone.", markup=False)

    def _call_writer(self, outcome: Outcome, arm: int) -> Write:
        async def write(path: Path, replace: bool) -> bool:
            done = await self.app.push_screen_wait(Mixing(path, outcome, arm, replace=replace))
            if isinstance(done, OSError):
                raise done
            return done is True

        return write


def _text_writer(text: str) -> Write:
    async def write(path: Path, replace: bool) -> bool:
        await asyncio.to_thread(write_private, path, text.encode(), replace=replace)
        return True

    return write
