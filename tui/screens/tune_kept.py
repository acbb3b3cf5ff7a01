"""The part of the Tune screen that keeps the draft on disk while it is unsaved, and offers one left behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from functools import cached_property
from itertools import count

from textual import work
from textual.timer import Timer

from tui.screens.kept_dialog import KeptDialog
from tui.screens.merge_dialog import MergeDialog
from tui.screens.tune_platform import PlatformScreen
from tui.terminal_text import plain
from tui.tuning.journal import Journal, KeptDraft
from tui.tuning.three_way import conflicts

KEPT_AFTER_S = 0.3
"""Seconds without a change before the draft is written: a dragged slider is one write."""


class KeptDraftScreen(PlatformScreen):
    """A draft that survives the process."""

    _keeping: Timer | None = None
    _told_of_failure = False

    @cached_property
    def _journal(self) -> Journal:
        client, service = self._client, self.session.service
        return Journal(client.label if client else "", service.id if service else "")

    @cached_property
    def _orders(self) -> Iterator[int]:
        return count(1)

    def keep_draft(self) -> None:
        """Write the draft down soon, once it rests."""
        self._left = False
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(KEPT_AFTER_S, self._keep_now)

    def _keep_now(self) -> None:
        self._keeping = None
        self._write_draft()

    @work(group="journal")
    async def _write_draft(self) -> None:
        draft, journal = self.session.draft, self._journal
        try:
            # In a thread: a disk may take its time.
            await asyncio.to_thread(journal.write, draft.stored, draft.config, next(self._orders))
        except OSError as error:
            if not self._told_of_failure:
                self._told_of_failure = True
                why = plain(error.strerror or str(error))
                self.notify(
                    f"A crash would lose this draft: it cannot be kept ({why}). Free space in the data folder, or "
                    "set TURNLAB_DATA_DIR to another.",
                    severity="warning",
                    markup=False,
                )

    def on_unmount(self) -> None:
        """Write down how the draft was left, and let go of it."""
        if self._keeping is not None:
            self._keeping.stop()
        # A disk that is full was told of before; now there is no screen left to tell it on.
        with contextlib.suppress(OSError):
            self._journal.write(self.session.draft.stored, self.session.draft.config, next(self._orders))
        self._journal.close()

    @work(group="kept")
    async def look_for_kept_draft(self) -> None:
        """Offer the drafts of this service that were left behind, the newest first."""
        found, bad = await asyncio.to_thread(self._journal.left_behind)
        for file in bad:
            self.notify(f"{plain(str(file))} is no draft that can be read; it is left as it is.", markup=False)
        for kept in found:
            decision = await self.app.push_screen_wait(KeptDialog(self.session.title, kept))
            if decision == "drop" or (decision == "take" and await self._take_up(kept)):
                await asyncio.to_thread(kept.forget)
            if decision != "drop":
                return

    async def _take_up(self, kept: KeptDraft) -> bool:
        draft = self.session.draft
        both = conflicts(kept.began, kept.config, draft.stored)
        giving_way: tuple[str, ...] = ()
        if both:
            title = f"{self.session.title} was changed by somebody else since that draft"
            answer = await self.app.push_screen_wait(MergeDialog(title, both))
            if answer is None:
                return False
            giving_way = answer
        draft.take_up(kept.began, kept.config, giving_way)
        self.session.revision += 1
        self.show_settings()
        # This process keeps it from here on, before the old file goes.
        await asyncio.to_thread(self._journal.write, draft.stored, draft.config, next(self._orders))
        return True
