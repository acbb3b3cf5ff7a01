"""Saving edited labels whole, never over another program's changes, and keeping them until they are saved."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from base.folders import drafts_folder
from base.held_journal import HeldJournal, LeftBehind
from base.os_errors import os_error_text
from simulator.errors import SimulatorError
from simulator.labels.document import LabelFile, LabelsChangedError, open_label_file
from simulator.recording import copy_recording
from tui.host import Host
from tui.labels.editing import READ_ONLY, LabelsController
from tui.screens import key_for
from tui.tune.bench import gone_text


class KeptLabels:
    """The stored draft of a recording's labels. Every method may raise :class:`OSError`."""

    def __init__(self, audio: Path) -> None:
        key = hashlib.sha256(str(audio.resolve()).encode()).hexdigest()[:16]
        self._held = HeldJournal(drafts_folder(), f"labels-{key}")
        self._found: LeftBehind | None = None

    def read(self) -> dict[str, Any] | None:
        """Return what another process left behind; ``None`` if nothing was, or nothing that can be read."""
        found, _ = self._held.left_behind()
        self._found = max(found, key=lambda one: one.file.stat().st_mtime, default=None)
        return None if self._found is None else self._found.content

    def write(self, raw: Mapping[str, Any]) -> None:
        """Keep this."""
        self._held.write(raw)

    def forget(self) -> None:
        """Keep nothing, neither what was written nor what was read."""
        self._held.write(None)
        if self._found is not None:
            self._found.forget()
            self._found = None

    def close(self) -> None:
        """Stop keeping; what is kept is offered the next time."""
        self._held.close()


class SavingQuestions(Protocol):
    """The questions to the user about their labels. ``None``: no answer."""

    async def take_up(self) -> bool | None:
        """Ask whether to go on with labels that were left behind."""

    async def checked(self) -> bool | None:
        """Ask whether the turns that were detected are right."""

    async def copy_first(self, folder: Path) -> bool | None:
        """Ask whether to copy the recording to a folder before its labels are written there."""

    async def whose(self, why: str) -> Literal["mine", "theirs"] | None:
        """Ask whose labels are to stand."""

    async def leave(self) -> Literal["save", "keep", "drop"] | None:
        """Ask what becomes of labels that are not saved."""


class LabelFileController:
    """Writes the labels that ``labels`` edits to their file.

    ``copies_to`` is the folder that a recording of ours is copied to before anything is written. After that,
    ``saved`` is the audio whose labels were written, if any. ``leave`` leaves the editor.
    """

    def __init__(
        self,
        host: Host,
        labels: Callable[[], LabelsController],
        file: LabelFile,
        audio: Path,
        duration_s: float,
        questions: SavingQuestions,
        *,
        copies_to: Path | None,
        read_only: bool,
        leave: Callable[[], object],
    ) -> None:
        self._host, self._labels, self._questions, self._leave = host, labels, questions, leave
        self._audio, self._duration_s, self._read_only = audio, duration_s, read_only
        self._kept = KeptLabels(audio)
        self.file = file
        self.copies_to = copies_to
        self.saved: Path | None = None

    # ---- keeping

    def look_for_kept(self) -> None:
        """Offer labels of this recording that were left behind."""
        if not self._read_only:
            self._host.start(self._look_for_kept, "kept-labels")

    async def _look_for_kept(self) -> None:
        with contextlib.suppress(OSError):
            kept = await asyncio.to_thread(self._kept.read)
            if kept is None or kept == self._labels().document.raw:
                return
            if await self._questions.take_up():
                self._labels().take_up(kept)
            else:
                await asyncio.to_thread(self._kept.forget)

    def keep(self) -> None:
        """Keep the labels as they are now, until they are saved."""
        self._host.start(self._keep, "keep-labels")

    async def _keep(self) -> None:
        document = self._labels().document
        try:
            if document.changed:
                await asyncio.to_thread(self._kept.write, document.raw)
            else:
                await asyncio.to_thread(self._kept.forget)
        except OSError as error:
            why = os_error_text(error)
            self._labels().show(f"A crash would lose these labels: they cannot be stored ({why}). Save them soon.")

    def close(self) -> None:
        """Leave what is kept to be offered the next time."""
        self._kept.close()

    # ---- saving

    def save(self) -> None:
        """Write the labels."""
        if self._read_only:
            self._labels().show(f"Not saved: {READ_ONLY}.")
        elif not (self._labels().document.changed or self._labels().document.unchecked):
            self._host.tell("Nothing to save: the labels are as the file has them.")
        else:
            self._host.start(self._save, "save-labels", exclusive=True)

    async def _save(self) -> bool:
        document = self._labels().document
        if document.unchecked:
            checked = await self._questions.checked()
            if checked is None:
                return False
            if checked:
                document.confirm()
        try:
            if self.copies_to is not None and not await self._copy(self.copies_to):
                return False
            if not await self._write():
                return False
        except SimulatorError as error:
            gone = await self._gone()
            self._labels().show(f"{gone} {error}" if gone else str(error))
            return False
        self.saved = self._audio
        document.kept()
        self.keep()
        self._labels().show(await self._gone())
        asked = f" Nothing is measured against them yet: {key_for('labels.save')} in the label editor asks again."
        later = asked if document.unchecked else ""
        self._host.tell(f"{self.file.path}, readable by you alone.{later}", "Saved")
        return True

    async def _write(self) -> bool:
        """Write the labels, or whose the person says; return whether theirs were. Raises SimulatorError."""
        try:
            self.file = await asyncio.to_thread(self.file.write, self._labels().document.raw)
        except LabelsChangedError as error:
            if await asyncio.to_thread(os.path.exists, self.file.path):
                return await self._settle(str(error))
            await self._write_mine()  # the file is gone, so there is no other version to ask about
        return True

    async def _gone(self) -> str:
        """Return what to say if the recording has gone while its labels are edited."""
        there = await asyncio.to_thread(os.path.exists, self._audio)
        return "" if there else f"{gone_text(self._audio.name)} Its labels are used once it is back."

    async def _copy(self, folder: Path) -> bool:
        if not await self._questions.copy_first(folder):
            return False
        audio = await asyncio.to_thread(copy_recording, self._audio, folder)
        self.file = await asyncio.to_thread(open_label_file, audio, self._duration_s)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._kept.forget)
        self._audio, self.copies_to, self._kept = audio, None, KeptLabels(audio)
        return True

    async def _write_mine(self) -> None:
        """Write the person's own labels, whatever is there. Raises SimulatorError."""
        raw = self._labels().document.raw
        self.file = await asyncio.to_thread(lambda: self.file.write(raw, replace_changed=True))

    async def _settle(self, why: str) -> bool:
        """Ask whose labels are to stand; return whether the person's own were written. Raises SimulatorError."""
        answer = await self._questions.whose(why)
        if answer == "mine":
            await self._write_mine()
            return True
        if answer == "theirs":
            self.file = await asyncio.to_thread(open_label_file, self._audio, self._duration_s)
            self._labels().document.replace_all(self.file.raw)
            self.saved = self._audio
            self.keep()
            self._labels().show()
        return False

    # ---- leaving

    def leave(self) -> None:
        """Leave, not without asking about labels that are not saved."""
        self._host.start(self._leave_with_care, "leave-labels", exclusive=True)

    async def _leave_with_care(self) -> None:
        if self._labels().document.changed:
            answer = await self._questions.leave()
            if answer is None or (answer == "save" and not await self._save()):
                return
            if answer == "drop":
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(self._kept.forget)
        self._leave()
