"""Saves edited labels atomically, and never over another program's changes. Keeps a draft until they are saved."""

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
        """Return a draft that another process left. ``None`` if there is none, or none that can be read."""
        found, _ = self._held.left_behind()
        self._found = max(found, key=lambda one: one.file.stat().st_mtime, default=None)
        return None if self._found is None else self._found.content

    def write(self, raw: Mapping[str, Any]) -> None:
        """Store the draft."""
        self._held.write(raw)

    def forget(self) -> None:
        """Delete both the written and the read draft."""
        self._held.write(None)
        if self._found is not None:
            self._found.forget()
            self._found = None

    def close(self) -> None:
        """Stop. The stored draft is offered the next time."""
        self._held.close()


class SavingQuestions(Protocol):
    """The questions to the user about their labels. ``None``: no answer."""

    async def take_up(self) -> bool | None:
        """Ask whether to continue with a stored draft."""

    async def checked(self, doubts: str) -> bool | None:
        """Ask whether the detected turns are right. ``doubts`` are sentences about the labels, or empty."""

    async def despite(self, doubts: str) -> bool | None:
        """Ask whether to save doubtful labels."""

    async def copy_first(self, folder: Path) -> bool | None:
        """Ask whether to copy the recording to a folder before its labels are written there."""

    async def whose(self, why: str) -> Literal["mine", "theirs"] | None:
        """Ask which labels to keep."""

    async def leave(self) -> Literal["save", "keep", "drop"] | None:
        """Ask what to do with unsaved labels."""


class LabelFileController:
    """Writes the labels that ``labels`` edits to their file.

    ``copies_to`` is the folder to which a bundled recording is copied before anything is written. Afterwards
    ``saved`` is the audio whose labels were written, if any. ``leave`` closes the editor.
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

    # ---- draft

    def look_for_kept(self) -> None:
        """Offer a stored draft for this recording."""
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
        """Store the labels as a draft until they are saved."""
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
        """Leave the stored draft for the next time."""
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
            checked = await self._questions.checked(self._labels().doubts())
            if checked is None:
                return False
            if checked:
                document.confirm()
        elif (doubts := self._labels().doubts()) and not await self._questions.despite(doubts):
            return False
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
        """Write the labels, or ask which to keep. Return whether the user's were written. Raises SimulatorError."""
        try:
            self.file = await asyncio.to_thread(self.file.write, self._labels().document.raw)
        except LabelsChangedError as error:
            if await asyncio.to_thread(os.path.exists, self.file.path):
                return await self._settle(str(error))
            await self._write_mine()  # the file is gone, so there is no other version
        return True

    async def _gone(self) -> str:
        """Return the message for a recording that disappeared while its labels were edited."""
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
        """Write the user's labels over any others. Raises SimulatorError."""
        raw = self._labels().document.raw
        self.file = await asyncio.to_thread(lambda: self.file.write(raw, replace_changed=True))

    async def _settle(self, why: str) -> bool:
        """Ask which labels to keep. Return whether the user's were written. Raises SimulatorError."""
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

    # ---- closing

    def leave(self) -> None:
        """Close the editor. Ask first about unsaved labels."""
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
